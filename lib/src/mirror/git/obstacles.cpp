#include "mirror/git/obstacles.hpp"

#include "mirror/error.hpp"
#include "mirror/git/url.hpp"

#include <cstddef>
#include <optional>

namespace notes_export::mirror {

namespace {

/// The path from there; nullopt: it is not below that directory, of which "" is the root.
std::optional<std::string_view> below(std::string_view path, std::string_view directory) {
    if (directory.empty())
        return path;
    if (path.size() <= directory.size() + 1 || !path.starts_with(directory) || path[directory.size()] != '/')
        return std::nullopt;
    return path.substr(directory.size() + 1);
}

bool is_schema(std::string_view path, git_options const& options) {
    auto const name = options.schemas.empty() ? std::nullopt : below(path, options.schemas);
    return name && name->find('/') == std::string_view::npos && name->ends_with(".schema.json");
}

bool is_link(std::string_view mode) {
    return mode == "120000";
}
bool is_submodule(std::string_view mode) {
    return mode == "160000";
}

} // namespace

bool is_ours_to_replace(std::string_view path, std::string_view mode, git_options const& options,
                        published_paths const& ours) {
    if (is_submodule(mode))
        return false;
    auto const of_tree = below(path, options.directory);
    return (of_tree && ours.contains(*of_tree)) || is_schema(path, options);
}

void require_nothing_in_the_way(git_repository const& repository, git_options const& options,
                                published_paths const& ours, git_object_id const& head, git_object_id const& next,
                                std::stop_token const& stop) {
    std::string first;
    std::size_t count = 0;
    repository.for_each_replaced(
        head, next,
        [&](tree_entry const& e) {
            if (is_ours_to_replace(e.path, e.mode, options, ours) || count++ > 0)
                return;
            first = e.path + " is a " +
                    (is_submodule(e.mode) ? "submodule"
                     : is_link(e.mode)    ? "symbolic link"
                                          : "file");
        },
        stop);
    if (count == 0)
        return;
    auto const more = count == 1 ? "" : ", as " + std::to_string(count - 1) + " more are";
    throw mirror_error{"in_the_way",
                       "cannot mirror to branch " + options.branch + " of " + shown_git_url(options.url) + ": " +
                           first + " of others, in the way of the mirror's files" + more,
                       "Move it elsewhere on the branch, or set another `directory` or `schemas`; the mirror removes "
                       "nothing of others."};
}

} // namespace notes_export::mirror
