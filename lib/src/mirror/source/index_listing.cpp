#include "mirror/source/index_listing.hpp"

#include "document/metadata.hpp"
#include "mirror/error.hpp"
#include "mirror/source/index_ids.hpp"
#include "mirror/source/shard_listing.hpp"
#include "pause.hpp"
#include "shard/paths.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <tuple>

namespace notes_export::mirror {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint64_t longest_index = 2ULL << 30U;
constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds look_again{500};

/// nullopt: there is none, or it is none of ours.
std::optional<metadata> read_metadata(http_site& site, std::stop_token const& stop) {
    auto const text = site.get(std::string{metadata::path}, metadata::longest, stop);
    return text ? metadata::parse(*text) : std::nullopt;
}

/// In the order of directories, each once.
std::vector<std::int64_t> sorted(std::vector<std::int64_t> ids, entity_path const& layout) {
    std::ranges::sort(ids, {}, [&](std::int64_t id) { return std::tuple{layout.directory_number(id), id}; });
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

listed_profiles read_index(http_site& site, dataset const& d, std::stop_token const& stop) {
    if (!d.has_index())
        return {};
    answer_spool index;
    if (!site.download(d.index_path, longest_index, index, stop))
        return {};
    index_ids found{d.id_column};
    index.give([&](std::string_view piece) { found.add(piece); }, stop);
    if (!found.whole())
        throw source_error{"damaged_index",
                           "GET " + site.shown(d.index_path) + ": it is no array of objects with one \"" + d.id_column +
                               "\" each",
                           "is `from` the address of a published tree, and are the datasets here the same as there?"};
    return {true, sorted(found.ids(), entity_path{d.path}), {}};
}

/// What there is of both.
listed_profiles read_listing(http_site& site, dataset const& d, std::stop_token const& stop) {
    auto found = !d.has_index() ? listed_profiles{} : read_index(site, d, stop);
    if (!d.shards.make)
        return found;
    auto shards = list_shards(site, d, stop);
    if (!d.has_index())
        found.ids = sorted(std::move(shards.ids), entity_path{d.path});
    found.shards = std::move(shards.paths);
    return found;
}

source_error incomplete(http_site const& site, dataset const& d, std::size_t ids, std::uint64_t total) {
    if (!d.has_index())
        return {"cannot_list",
                "the tree has " + std::to_string(total) + " profiles of " + d.name +
                    ", which has no index, so they cannot be found by HTTP",
                "give the dataset an index; or copy the tree here by other means once (rsync): from then on change "
                "lists are enough"};
    return {
        "cannot_list",
        "GET " + site.shown(!d.has_index() ? shard::paths{d}.about() : d.index_path) + ": it lists " +
            std::to_string(ids) + " of the " + std::to_string(total) +
            " profiles that metadata.json tells of, so the others cannot be found",
        "its publisher must raise [export] index_max_size, or mend the entries that were left out; or copy the tree "
        "here by other means once (rsync): from then on change lists are enough"};
}

} // namespace

std::vector<listed_profiles> list_by_indexes(http_site& site, std::vector<dataset> const& datasets,
                                             std::stop_token const& stop) {
    std::vector<listed_profiles> all;
    for (auto const& d : datasets)
        for (auto const end = clock::now() + patience;;) {
            auto const live = read_metadata(site, stop);
            auto found = read_listing(site, d, stop);
            auto const total = live ? live->total(d.name) : 0;
            if (found.ids.size() >= total) {
                all.push_back(std::move(found));
                break;
            }
            if (clock::now() > end)
                throw incomplete(site, d, found.ids.size(), total);
            pause(stop, look_again);
        }
    return all;
}

} // namespace notes_export::mirror
