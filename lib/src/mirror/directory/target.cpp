#include "mirror/directory/target.hpp"

#include "document/metadata.hpp"
#include "mirror/directory/path_set.hpp"
#include "mirror/directory/piecewise_comparison.hpp"
#include "mirror/directory/step.hpp"
#include "mirror/error.hpp"
#include "mirror/published_files.hpp"
#include "notes_export/error.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace notes_export::mirror {

namespace {

struct trouble {
    char const* kind;
    char const* remedy;
};

trouble trouble_of(int error) {
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return {"full", "make room on the target; what is there is complete, and the next step goes on"};
    case EACCES:
    case EPERM:
    case EROFS:
        return {"refused", "let the mirror's user write there (and ReadWritePaths= of its unit)"};
    case ENOENT:
        return {"missing", "make the directory, or mount the disk that belongs there"};
    case ELOOP:
    case EISDIR:
    case ENOTDIR:
    case EXDEV:
    case ENOTEMPTY:
        return {"in_the_way", "move what is in the way; the mirror removes nothing of others"};
    default:
        return {"io", "look at the disk of the target"};
    }
}

/// Does it; what is wrong with a file of the target becomes an error of the mirror.
template <class Action>
decltype(auto) at_target(std::filesystem::path const& root, Action const& action) {
    try {
        return action();
    } catch (file_error const& e) {
        auto const [kind, remedy] = trouble_of(e.code().value());
        throw mirror_error{kind, "mirror to " + root.string() + ": " + e.what(), remedy};
    } catch (lock_held const& e) {
        throw mirror_error{"locked", e.what(), "stop one of the two"};
    }
}

/// Of the source and the target, which is opened for reading only.
class sides {
public:
    sides(tree const& target, tree_source& source, std::stop_token const& stop)
        : m_target{&target}, m_source{&source}, m_stop{&stop} {}

    /// "" when they are equal.
    std::string difference_of(std::string const& path) const {
        auto const text = read(path);
        if (!text)
            return m_target->is_removable(path) ? "not in the tree" : "";
        return *text;
    }

private:
    /// What is wrong with the target's file; nullopt: the tree has none.
    std::optional<std::string> read(std::string const& path) const {
        auto const open = m_target->open_file(path);
        struct stat info {};
        bool const usable = open && ::fstat(open.fd(), &info) == 0 && S_ISREG(info.st_mode);
        if (!usable) {
            bool const found = m_source->read_unlisted(
                path, [](std::string_view) {}, *m_stop);
            return !found ? std::nullopt : std::optional<std::string>{open ? "differs" : "missing"};
        }
        piecewise_comparison both{open, m_target->full(path)};
        bool const found = m_source->read_unlisted(
            path, [&](std::string_view piece) { both.add(piece); }, *m_stop);
        if (!found)
            return std::nullopt;
        return both.is_equal() ? "" : "differs";
    }

    tree const* m_target;
    tree_source* m_source;
    std::stop_token const* m_stop;
};

std::vector<std::string> suspects(tree const& target, published_paths const& ours, tree_source& source,
                                  sides const& both, std::size_t at_most, std::stop_token const& stop) {
    std::vector<std::string> found;
    path_set in_tree;
    auto const look = [&](std::string const& path) {
        in_tree.add(path);
        if (found.size() < at_most && !both.difference_of(path).empty())
            found.push_back(path);
    };
    if (!source.for_each_file([&](std::string const& path, std::uint64_t) { look(path); }, stop))
        throw source_error{"cannot_list", "the source cannot list its files",
                           "compare where the tree is, or with a feed that lists one complete generation"};
    in_tree.sort();
    for_each_published(
        target, ours,
        [&](std::string const& path, struct stat const&) {
            if (found.size() < at_most && !in_tree.contains(path))
                found.push_back(path);
        },
        stop);
    return found;
}

} // namespace

directory_target::directory_target(std::filesystem::path root, published_paths ours)
    : target{std::move(ours)}, m_root{std::move(root)} {}

cursor directory_target::read_cursor(std::stop_token const&) {
    return at_target(m_root, [&]() -> cursor {
        tree const files{m_root, false};
        auto const text = files.read(metadata::path);
        auto const found = text ? metadata::parse(*text) : std::nullopt;
        if (!found)
            return {};
        auto const unfinished = target_directory::unfinished_from(files).value_or(found->generation);
        return unfinished < found->generation ? cursor{unfinished} : cursor{found->generation, found->export_date()};
    });
}

void directory_target::apply(change_set const& changes, tree_source& source, std::stop_token const& stop,
                             step_result& result) {
    at_target(m_root, [&] {
        target_directory held{m_root};
        directory_step{held, ours(), source, stop, result}.run(changes);
    });
}

// Tree and target may both move meanwhile: what differed is looked at once more, held.
std::vector<difference> directory_target::verify(tree_source& source, std::size_t at_most,
                                                 std::stop_token const& stop) {
    return at_target(m_root, [&] {
        tree const files{m_root, false};
        sides const both{files, source, stop};
        auto const paths = suspects(files, ours(), source, both, at_most, stop);
        std::vector<difference> found;
        auto const held = paths.empty() ? nullptr : source.keep_still(stop);
        for (auto const& path : paths)
            if (auto what = both.difference_of(path); !what.empty())
                found.push_back({path, std::move(what)});
        return found;
    });
}

} // namespace notes_export::mirror
