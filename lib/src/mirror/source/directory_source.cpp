#include "mirror/source/directory_source.hpp"

#include "feed/paths.hpp"
#include "feed/reader.hpp"
#include "files/sha256.hpp"
#include "mirror/error.hpp"
#include "mirror/published_files.hpp"
#include "mirror/source/unread_list.hpp"
#include "notes_export/error.hpp"
#include "publish/tree_lock.hpp"

#include <cerrno>
#include <exception>
#include <utility>
#include <vector>

namespace notes_export::mirror {

namespace {

constexpr std::size_t block_size = 65536;

struct trouble {
    char const* kind;
    char const* remedy;
};

trouble trouble_of(file_error const& e) {
    switch (e.code().value()) {
    case EACCES:
    case EPERM:
        return {"no_rights", "run the mirror as the owner of the tree, or as a member of its group"};
    case ENOENT:
        return {"no_tree", "check [output] directory; is the tree there, and its disk mounted?"};
    case EWOULDBLOCK:
        return {"tree_locked", "nothing: it is tried again; lslocks shows who holds the lock"};
    default:
        return {"tree_unreadable", "look at the tree; osm-notes-exportd check says more"};
    }
}

template <class Action>
decltype(auto) at_source(std::filesystem::path const& root, Action const& action) {
    try {
        return action();
    } catch (file_error const& e) {
        auto const [kind, remedy] = trouble_of(e);
        throw source_error{kind, "read the tree " + root.string() + ": " + e.what(), remedy};
    }
}

struct shared_lock : tree_source::hold {
    shared_lock(tree const& t, std::stop_token const& stop) : lock{t, publishing_lock::kind::shared, stop} {}
    publishing_lock lock;
};

} // namespace

directory_source::directory_source(std::filesystem::path root, published_paths ours)
    : m_root{std::move(root)}, m_ours{std::move(ours)} {}

tree const& directory_source::files() {
    if (!m_files || !m_files->still_at_path())
        m_files.emplace(m_root, false);
    return *m_files;
}

std::optional<feed_state> directory_source::state(std::stop_token const&) {
    auto found = at_source(m_root, [&] {
        feed::reader const reader{files().fd(), m_root};
        auto state = reader.state();
        if (auto const fault = state ? std::string{} : reader.fault_of_state(); !fault.empty())
            throw source_error{"no_feed", fault, "osm-notes-exportd once --full writes it anew"};
        return state;
    });
    m_generation = found ? found->generation : 0;
    return found;
}

std::optional<change_list> directory_source::changes(std::uint64_t generation, std::stop_token const&) {
    return at_source(m_root, [&]() -> std::optional<change_list> {
        feed::reader const reader{files().fd(), m_root};
        auto const path = reader.path_of(generation);
        struct stat info {};
        if (auto const list = path.empty() ? file{} : files().open_file(path);
            list && ::fstat(list.fd(), &info) == 0 && info.st_size > static_cast<off_t>(longest_list_in_memory))
            return unread_list(generation);
        auto list = reader.list(generation);
        if (auto const fault = list ? std::string{} : reader.fault_of_list(generation); !fault.empty())
            throw damaged_list{(m_root / path).string(), fault};
        return list;
    });
}

std::unique_ptr<tree_source::hold> directory_source::keep_still(std::stop_token const& stop) {
    return at_source(m_root, [&]() -> std::unique_ptr<hold> { return std::make_unique<shared_lock>(files(), stop); });
}

bool directory_source::read(std::string const& path, take_bytes const& take, std::stop_token const& stop) {
    std::vector<char> block(block_size);
    file open;
    struct stat info {};
    auto const next = [&] { return read_up_to(open.fd(), block, m_root / path); };
    at_source(m_root, [&] {
        open = files().open_file(path);
        if (open && ::fstat(open.fd(), &info) != 0)
            throw file_error("stat", m_root / path, errno);
    });
    if (!open || !S_ISREG(info.st_mode))
        return false;
    // What `take` throws is about the target.
    while (auto const n = at_source(m_root, next)) {
        take({block.data(), n});
        if (stop.stop_requested())
            throw cancelled{};
    }
    return true;
}

bool directory_source::for_each_file(on_file const& each, std::stop_token const& stop) {
    std::exception_ptr of_caller; // what `each` throws is about the target
    auto const look = [&](std::string const& path, struct stat const& info) {
        try {
            if (S_ISREG(info.st_mode))
                each(path, static_cast<std::uint64_t>(info.st_size));
        } catch (...) {
            of_caller = std::current_exception();
            throw;
        }
    };
    try {
        for_each_published(files(), m_ours, look, stop);
    } catch (file_error const& e) {
        if (of_caller)
            std::rethrow_exception(of_caller);
        at_source(m_root, [&] { throw file_error{e}; });
    }
    return true;
}

/// Is there another generation, or one that is begun? An exporter that was killed in it goes on with it.
bool directory_source::has_moved(std::stop_token const& stop) {
    auto const before = m_generation;
    auto const now = state(stop);
    if (!now || now->generation != before)
        return true;
    return at_source(m_root, [&] {
        struct stat info {};
        auto const ahead = files().open_file(std::string{feed::ahead_path});
        return ahead && ::fstat(ahead.fd(), &info) == 0 && info.st_size != 0;
    });
}

void directory_source::judge(listed_file const& expected, std::stop_token const& stop) {
    auto const held = keep_still(stop);
    if (has_moved(stop))
        return;
    sha256 digest;
    std::uint64_t size = 0;
    bool const found = read(
        expected.path,
        [&](std::string_view piece) {
            digest.add(piece);
            size += piece.size();
        },
        stop);
    if (found && size == expected.size && digest.finish() == expected.sha256)
        return;
    throw source_error{found ? "differs" : "missing",
                       (m_root / expected.path).string() + " is not what the change lists up to generation " +
                           std::to_string(m_generation) + " name: somebody else changed it, or the disk did",
                       "osm-notes-exportd verify --repair writes it anew; verify alone says what else differs"};
}

} // namespace notes_export::mirror
