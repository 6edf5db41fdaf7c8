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

published_paths::published_paths(export_config const& config, former_files const& former)
    : m_indexes{former.files}, m_twins{config.twins.kinds} {
    m_twins.add(former.twins);
    for (auto const& path : former.profiles)
        m_profiles.emplace_back(path);
    for (auto const& directory : former.shards)
        m_shards.push_back({shard::paths{directory}, true});
    for (auto const& d : config.datasets) {
        m_profiles.emplace_back(d.path);
        if (d.has_index())
            m_indexes.push_back(d.index_path);
        shard::paths shards{d};
        if (!shards.directory().empty())
            m_former_indexes.push_back(shards.directory() + ".json");
        m_shards.push_back({std::move(shards), d.shards.make});
    }
    for (auto const& d : config.documents)
        m_singles.push_back(d.path);
    if (is_plain(config.version_file))
        m_singles.push_back(m_version_file = config.version_file.string());
}

bool published_paths::is_index(std::string_view path, wanted which) const {
    auto const is_shard = [&](shards_of_dataset const& s) {
        return (s.made || which == wanted::former) && s.where.contains(path);
    };
    return is_in(m_indexes, path) || (which == wanted::former && is_in(m_former_indexes, path)) ||
           std::ranges::any_of(m_shards, is_shard);
}

bool published_paths::may_have_twins(std::string_view path, wanted which) const {
    return path != m_version_file &&
           (is_index(path, which) || is_in(m_singles, path) ||
            std::ranges::any_of(m_profiles, [&](entity_path const& p) { return p.id_at(path).has_value(); }));
}

bool published_paths::contains(std::string_view path) const {
    if (path == metadata::path || path == m_version_file || may_have_twins(path, wanted::now))
        return !path.empty();
    auto const twin = m_twins.none() ? std::nullopt : twin_at(path);
    return twin && m_twins.has(twin->how) && may_have_twins(twin->of, wanted::now);
}

bool published_paths::may_be_listed(std::string_view path) const {
    if (contains(path) || may_have_twins(path, wanted::former))
        return true;
    auto const twin = twin_at(path);
    return twin && may_have_twins(twin->of, wanted::former);
}

bool published_paths::may_hold(std::string_view directory) const {
    auto const above = [&](std::string const& path) { return is_above(directory, path); };
    return directory.empty() || std::ranges::any_of(m_indexes, above) || std::ranges::any_of(m_singles, above) ||
           std::ranges::any_of(m_shards, [&](auto const& s) { return s.made && s.where.may_hold(directory); }) ||
           std::ranges::any_of(m_profiles, [&](entity_path const& p) { return p.may_hold(directory); });
}

published_paths::rank published_paths::rank_of(std::string_view path) const {
    if (path == metadata::path)
        return rank::metadata;
    if (auto const twin = twin_at(path))
        path = twin->of;
    if (is_index(path, wanted::former))
        return rank::index;
    return is_in(m_singles, path) ? rank::single : rank::profile;
}

std::size_t published_paths::put_indexes_first(std::vector<std::string>& going) const {
    auto const is_of_index = [this](std::string const& path) { return rank_of(path) == rank::index; };
    auto const others = std::stable_partition(going.begin(), going.end(), is_of_index);
    return static_cast<std::size_t>(others - going.begin());
}

} // namespace notes_export
