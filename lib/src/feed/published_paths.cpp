#include "feed/published_paths.hpp"

#include "document/metadata.hpp"

#include <algorithm>

namespace notes_export {

namespace {

bool is_in(std::vector<std::string> const& paths, std::string_view path) {
    return std::ranges::find(paths, path) != paths.end();
}

bool is_above(std::string_view directory, std::string_view path) {
    return directory.empty() ||
           (path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/');
}

/// In the tree, and written as the feed writes paths.
bool is_plain(std::filesystem::path const& path) {
    return path.is_relative() && !path.empty() && path == path.lexically_normal() && *path.begin() != "..";
}

} // namespace

published_paths::published_paths(export_config const& config) : m_twins{config.twins.kinds} {
    for (auto const& d : config.datasets) {
        m_profiles.emplace_back(d.path);
        if (d.has_index())
            m_indexes.push_back(d.index_path);
    }
    for (auto const& d : config.documents)
        m_singles.push_back(d.path);
    if (is_plain(config.version_file))
        m_singles.push_back(m_version_file = config.version_file.string());
}

bool published_paths::may_have_twins(std::string_view path) const {
    return path != m_version_file &&
           (is_in(m_indexes, path) || is_in(m_singles, path) ||
            std::ranges::any_of(m_profiles, [&](entity_path const& p) { return p.id_at(path).has_value(); }));
}

std::optional<twin_name> published_paths::twin_of_ours(std::string_view path) const {
    auto const twin = twin_at(path);
    return twin && may_have_twins(twin->of) ? twin : std::nullopt;
}

bool published_paths::contains(std::string_view path) const {
    if (path == metadata::path || path == m_version_file || may_have_twins(path))
        return !path.empty();
    auto const twin = m_twins.none() ? std::nullopt : twin_of_ours(path);
    return twin && m_twins.has(twin->how);
}

bool published_paths::may_be_listed(std::string_view path) const {
    return contains(path) || twin_of_ours(path);
}

bool published_paths::may_hold(std::string_view directory) const {
    auto const above = [&](std::string const& path) { return is_above(directory, path); };
    return directory.empty() || std::ranges::any_of(m_indexes, above) || std::ranges::any_of(m_singles, above) ||
           std::ranges::any_of(m_profiles, [&](entity_path const& p) { return p.may_hold(directory); });
}

published_paths::rank published_paths::rank_of(std::string_view path) const {
    if (path == metadata::path)
        return rank::metadata;
    if (auto const twin = twin_at(path))
        path = twin->of;
    if (is_in(m_indexes, path))
        return rank::index;
    return is_in(m_singles, path) ? rank::single : rank::profile;
}

} // namespace notes_export
