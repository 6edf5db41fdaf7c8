#include "mirror/git/repository.hpp"

#include "files/hex.hpp"
#include "files/sha256.hpp"
#include "notes_export/error.hpp"
#include "pause.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <unistd.h>
#include <vector>

namespace notes_export::mirror {

namespace {

namespace fs = std::filesystem;

constexpr char const* branch_file = "exportd-branch";
constexpr std::size_t most_small = std::size_t{1024} * 1024;
constexpr std::size_t lines_of_history = 64;
constexpr std::chrono::milliseconds patience{2'000}, ask_again{20};

git_attempt own(std::string const& what) {
    return {what + " in the mirror's own repository", ""};
}

/// Which branch of which repository, without what may be secret in an address.
std::string branch_of(git_options const& options) {
    return hex_of(sha256_of(options.url + '\n' + options.branch));
}

std::string quoted_tree(git_object_id const& commit, std::string const& directory) {
    return commit.text() + (directory.empty() ? "" : ':' + directory);
}

bool left_by_a_killed_git(fs::path const& path) {
    auto const name = path.filename().string();
    return name.ends_with(".lock") || name.ends_with(".keep") || name.starts_with("tmp_") || name == "shallow.lock" ||
           name.starts_with("fast_import_crash_");
}

} // namespace

git_repository::git_repository(git_program const& git, std::stop_token const& stop) : m_git{git} {
    std::error_code none;
    fs::create_directories(path(), none);
    if (none)
        throw mirror_error{"disk", "cannot use the mirror's own repository " + path().string() + ": " + none.message(),
                           "Move away what is in its place; the mirror's user must be able to write there."};
    lock(stop);
    remove_leftovers();
    remember_all();
    bool const noted = fs::exists(path() / branch_file);
    auto why = reason_to_make_anew(noted, stop);
    if (!why.empty()) {
        remove_all();
        make(stop);
    }
    if (!noted || !why.empty())
        note_branch();
    if (noted) // otherwise none was there, or one of an earlier version
        m_made_anew = std::move(why);
}

/// Only a cache is lost with it.
std::string git_repository::reason_to_make_anew(bool noted, std::stop_token const& stop) const {
    std::string before;
    std::getline(std::ifstream{path() / branch_file}, before);
    if (noted && before != branch_of(m_git.options()))
        return "it is of another branch than the configured one";
    return is_readable(stop) ? "" : "git cannot read it";
}

void git_repository::note_branch() const {
    auto const name = path() / branch_file;
    file const f{::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (!f)
        throw file_error{"open", name, errno};
    write_all(f.fd(), branch_of(m_git.options()) + '\n', name);
}

bool git_repository::is_readable(std::stop_token const& stop) const {
    auto const attempt = own("look at what is there");
    if (!fs::exists(path() / "HEAD") || !fs::exists(path() / "objects") || !fs::exists(path() / "refs"))
        return false;
    auto const said = m_git.run({"rev-parse", "--is-bare-repository"}, attempt, stop);
    // What is wrong in a file of the user is not mended by making ours anew.
    if (said.status != 0 && said.errors.find(path().string()) == std::string::npos)
        if (auto const failure = git_failure(attempt, said.status, said.errors); failure.kind() == "configuration")
            throw mirror_error{failure};
    if (said.output != "true\n")
        return false;
    if (m_git.run({"for-each-ref"}, attempt, stop).status != 0)
        return false;
    auto const pushed = ref(pushed_ref, stop);
    if (!pushed)
        return !fs::exists(path() / pushed_ref);
    // The tree objects: each of them is read by a step.
    return m_git
               .run({"rev-list", "--objects", "--filter=blob:none", "--no-walk", "--quiet", pushed->text()}, attempt,
                    stop)
               .status == 0;
}

void git_repository::remove_all() const {
    for (auto const& entry : fs::directory_iterator{path()})
        if (auto const name = entry.path().filename(); name != "exportd.lock" && name != "exportd-last-push")
            fs::remove_all(entry.path());
}

void git_repository::make(std::stop_token const& stop) const {
    m_git.output(
        {"init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--initial-branch=main", path().string()},
        own("make a repository"), stop);
}

void git_repository::lock(std::stop_token const& stop) {
    auto const name = path() / "exportd.lock";
    m_lock = file{::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (!m_lock)
        throw file_error{"open", name, errno};
    // A child of a killed mirror that has not become git yet has the lock for a moment.
    auto const end = std::chrono::steady_clock::now() + patience;
    bool locked = false;
    while (!(locked = ::flock(m_lock.fd(), LOCK_EX | LOCK_NB) == 0) && std::chrono::steady_clock::now() < end)
        pause(stop, ask_again);
    if (!locked)
        throw mirror_error{"held", "another process uses the mirror's repository " + path().string(),
                           "A mirror runs once: look for its service, or for another `mirror` command."};
}

void git_repository::remove_leftovers() const {
    auto const lock_file = path() / "exportd.lock";
    std::vector<fs::path> leftovers;
    for (auto const& entry : fs::recursive_directory_iterator{path()})
        if (entry.path() != lock_file && !entry.is_directory() && left_by_a_killed_git(entry.path()))
            leftovers.push_back(entry.path());
    for (auto const& file : leftovers)
        fs::remove(file);
}

std::optional<git_object_id> git_repository::ref(std::string const& name, std::stop_token const& stop) const {
    auto const said = m_git.run({"rev-parse", "--verify", "--quiet", name}, own("read a ref"), stop);
    return git_object_id::parse(std::string_view{said.output}.substr(0, said.output.find('\n')));
}

void git_repository::set_ref(std::string const& name, git_object_id const& id, std::stop_token const& stop) const {
    m_git.output({"update-ref", name, id.text()}, own("write a ref"), stop);
}

void git_repository::remove_ref(std::string const& name, std::stop_token const& stop) const {
    m_git.output({"update-ref", "-d", name}, own("remove a ref"), stop);
}

std::optional<commit_facts> git_repository::commit(git_object_id const& id, std::stop_token const& stop) const {
    auto const said = m_git.run({"cat-file", "commit", id.text()}, own("read a commit"), stop);
    return said.status == 0 ? parse_commit(said.output) : std::nullopt;
}

std::optional<std::string> git_repository::small_file(git_object_id const& commit, std::string const& path,
                                                      std::stop_token const& stop) const {
    auto text = m_git.output({"cat-file", "--batch"}, own("read " + path), stop, commit.text() + ':' + path + '\n');
    auto const line = text.find('\n');
    auto const header = parse_object_header(std::string_view{text}.substr(0, line));
    if (!header || header->kind != "blob" || header->size > most_small || text.size() < line + 1 + header->size)
        return std::nullopt;
    return text.substr(line + 1, header->size);
}

void git_repository::for_each_file(git_object_id const& commit, std::string const& directory, on_entry const& each,
                                   std::stop_token const& stop) const {
    auto const tree = quoted_tree(commit, directory);
    if (m_git.run({"cat-file", "-t", tree}, own("look for " + directory), stop).output !=
        (directory.empty() ? "commit\n" : "tree\n"))
        return;
    nul_words words{[&](std::string_view word) {
        if (auto const entry = parse_tree_entry(word))
            each(*entry);
    }};
    m_git.stream(
        {"ls-tree", "-r", "-z", "--full-tree", tree}, own("list the files"),
        [&](std::string_view piece) { words.add(piece); }, stop);
}

void git_repository::for_each_change(git_object_id const& from, git_object_id const& to, std::string const& directory,
                                     on_entry const& each, std::stop_token const& stop) const {
    for_each_difference({from.text(), to.text()}, directory, each, stop);
}

void git_repository::for_each_replaced(git_object_id const& from, git_object_id const& to, on_entry const& each,
                                       std::stop_token const& stop) const {
    // The second side is what is told: seen from `to`, and without what only `to` has.
    for_each_difference({"--diff-filter=d", to.text(), from.text()}, "", each, stop);
}

void git_repository::for_each_difference(git_program::arguments const& more, std::string const& directory,
                                         on_entry const& each, std::stop_token const& stop) const {
    std::optional<tree_entry> change;
    auto const prefix = directory.empty() ? "" : directory + '/';
    nul_words words{[&](std::string_view word) {
        if (!change) {
            change = parse_tree_change(word);
            return;
        }
        if (word.starts_with(prefix)) {
            change->path = word.substr(prefix.size());
            each(*change);
        }
        change.reset();
    }};
    git_program::arguments all{"diff-tree", "-r", "-z", "--raw", "--no-renames"};
    all.insert(all.end(), more.begin(), more.end());
    m_git.stream(
        all, own("compare two commits"), [&](std::string_view piece) { words.add(piece); }, stop);
}

std::int64_t git_repository::beginning_of(git_object_id const& commit, std::stop_token const& stop) const {
    auto const said = m_git.output(
        {"log", "--max-parents=0", "--format=%ct", "-n", std::to_string(lines_of_history), commit.text(), "--"},
        own("look for the oldest commit"), stop);
    std::int64_t oldest = 0;
    for (std::string_view rest = said; !rest.empty();) {
        auto const line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        std::int64_t time = 0;
        std::from_chars(line.data(), line.data() + line.size(), time);
        oldest = oldest == 0 ? time : std::min(oldest, time);
    }
    return oldest;
}

void git_repository::forget_behind(git_object_id const& commit) const {
    auto const name = path() / "shallow";
    file const f{::open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
    if (!f)
        throw file_error{"open", name, errno};
    write_all(f.fd(), commit.text() + '\n', name);
}

void git_repository::remember_all() const {
    fs::remove(path() / "shallow");
}

std::size_t git_repository::packs() const {
    std::error_code ignored;
    auto const all = fs::directory_iterator{path() / "objects/pack", ignored};
    return static_cast<std::size_t>(
        std::count_if(fs::begin(all), fs::end(all), [](auto const& e) { return e.path().extension() == ".pack"; }));
}

void git_repository::pack(bool all, std::stop_token const& stop) const {
    auto const words = all ? git_program::arguments{"-c", "pack.window=10", "repack", "-a", "-d", "-q"}
                           : git_program::arguments{"repack", "-d", "-q", "--geometric=2"};
    auto command = m_git.command(words, git_program::priority::low);
    // It says nothing while it works.
    command.silence = command.whole = std::chrono::minutes{30};
    auto const attempt = own("pack the objects");
    std::optional<child_process> process;
    int status = 0;
    try {
        process.emplace(
            command, [](std::string_view) {}, stop);
        status = process->wait();
    } catch (std::runtime_error const&) {
        rethrow_as_git_failure(attempt, process ? process->errors() : "");
    }
    if (status != 0)
        throw git_failure(attempt, status, process->errors());
}

} // namespace notes_export::mirror
