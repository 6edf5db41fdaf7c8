#include "mirror/state_keeper.hpp"

#include "notes_export/error.hpp"
#include "publish/tree.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <utility>

namespace notes_export::mirror {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds between_writings{20};
// Each wait of a step has a deadline far below that.
constexpr std::chrono::minutes longest_without_a_sign{30};
constexpr std::string_view place = ".exportd/mirrors";
constexpr unsigned mode_of_file = 0640; // status is another user's, of the same group
constexpr unsigned mode_of_place = 02770;
constexpr unsigned mode_of_private = 0710;

void make_directory(file const& above, char const* name, unsigned mode, std::filesystem::path const& path) {
    if (::mkdirat(above.fd(), name, mode) != 0 && errno != EEXIST)
        throw file_error("make directory", path, errno);
}

// Never through a link, but through a mount: a sandbox that lets us write there makes one (ReadWritePaths= of systemd).
file open_in(file const& above, tree const& t) {
    file found{::openat(above.fd(), "mirrors", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!found && errno != ENOENT)
        throw file_error("open directory", t.full(place), errno);
    return found;
}

/// What the exporter of a tree makes; in the copy of somebody else's there is none.
file open_private(tree const& t, bool of_copy) {
    std::string const name{tree::private_directory};
    auto found = t.passage(name);
    if (found)
        return found;
    if (!of_copy)
        throw file_error("open directory", t.full(name), ENOENT);
    make_directory(t.passage(""), name.c_str(), mode_of_private, t.full(name));
    require_mode(t.open_directory(name).fd(), mode_of_private, t.full(name));
    return t.passage(name);
}

// The exporter makes it; one of an earlier version has not.
file open_place(tree const& t, bool of_copy) {
    auto const above = open_private(t, of_copy);
    if (auto there = open_in(above, t))
        return there;
    make_directory(above, "mirrors", mode_of_place, t.full(place));
    auto made = open_in(above, t);
    if (!made)
        throw file_error("open directory", t.full(place), ENOENT);
    require_mode(made.fd(), mode_of_place, t.full(place));
    return made;
}

// As a whole; it need not survive the next power failure.
void replace_state(std::filesystem::path const& root, mirror_state const& state) {
    tree const t{root, false};
    auto const directory = open_place(t, state.kind == "pull");
    auto const name = state.name + ".json";
    auto const next = '.' + state.name + ".new";
    auto const path = t.full(place) / next;
    file f{::openat(directory.fd(), next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                    mode_of_file)};
    if (!f)
        throw file_error("create", path, errno);
    require_mode(f.fd(), mode_of_file, path);
    write_all(f.fd(), state.text(), path);
    f.close(path.string());
    if (::renameat(directory.fd(), next.c_str(), directory.fd(), name.c_str()) != 0)
        throw file_error("replace", t.full(place) / name, errno);
}

} // namespace

state_keeper::state_keeper(std::filesystem::path tree, mirror_state first, listeners told)
    : m_tree{std::move(tree)}, m_told{std::move(told)}, m_state{std::move(first)}, m_last_touch{steady_clock::now()} {}

void state_keeper::begin() {
    change([](mirror_state&) {});
    m_ticker = std::jthread{[this](std::stop_token const& stop) { tick(stop); }};
}

void state_keeper::change(std::function<void(mirror_state&)> const& how) {
    std::scoped_lock const lock{m_mutex};
    how(m_state);
    m_last_touch = steady_clock::now();
    write();
}

mirror_state state_keeper::now() const {
    std::scoped_lock const lock{m_mutex};
    return m_state;
}

void state_keeper::touch() {
    std::scoped_lock const lock{m_mutex};
    m_last_touch = steady_clock::now();
}

void state_keeper::tick(std::stop_token const& stop) {
    std::unique_lock lock{m_mutex};
    while (!m_stopped.wait_for(lock, stop, between_writings, [] { return false; }) && !stop.stop_requested())
        if (steady_clock::now() - m_last_touch < longest_without_a_sign)
            write();
}

void state_keeper::write() {
    m_state.written =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    try {
        replace_state(m_tree, m_state);
        m_silent = false;
    } catch (file_error const& e) {
        if (!std::exchange(m_silent, true) && m_told.silent)
            m_told.silent(e.what());
    }
    if (m_told.alive)
        m_told.alive(m_state);
}

} // namespace notes_export::mirror
