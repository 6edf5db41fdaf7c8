#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace notes_export {

/// metadata.json: the commit point of a publication.
struct metadata {
    static constexpr std::string_view path = "metadata.json";
    static constexpr std::size_t longest = 1U << 20; ///< bytes; what is longer is none
    static constexpr std::string_view schema_file = "metadata.schema.json";

    std::int64_t export_timestamp = 0;                         ///< Unix seconds, UTC; export_date is the same moment
    std::vector<std::pair<std::string, std::uint64_t>> totals; ///< "users" -> total_users, in dataset order
    std::string version;                                       ///< semantic version of the data format
    std::string data_schema_hash;                              ///< changes with the datamart tables' columns
    std::uint64_t generation = 0;                              ///< rises with every publication
    /// The generation that is being published: from before the first file of it is in place until all are. 0: none is.
    std::uint64_t publishing = 0;

    /// The bytes to publish: two spaces of indentation, fixed key order, one newline at the end.
    std::string text() const;
    std::string export_date() const; ///< 2026-05-01T12:00:00Z
    std::uint64_t total(std::string_view dataset) const noexcept;

    /// nullopt when the text is no metadata of ours; files of the earlier export script lack `generation` (read as 0).
    static std::optional<metadata> parse(std::string_view text);
};

} // namespace notes_export
