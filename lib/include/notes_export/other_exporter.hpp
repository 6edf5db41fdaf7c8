#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

/**
 * Traces of another program that exports the same data, such as the script that this one replaces and that cron still
 * starts. Nothing is lost by it: rows that it marked are rendered again, and a tree that it wrote to is compared as a
 * whole. Rows are known by a trigger of install.sql.
 */
struct other_exporter {
    std::size_t rows = 0;  ///< whose json_exported it set
    std::string by;        ///< the newest of them: role and application; hostile text
    bool metadata = false; ///< it replaced the metadata.json of a tree that is ours

    bool seen() const noexcept { return rows > 0 || metadata; }
    void add(other_exporter const& later);
    bool operator==(other_exporter const&) const = default;
};

/// "another program set json_exported of 3 rows (etl, psql)": one line; holds hostile text.
std::string describe(other_exporter const& traces);
/// What to do about it, one clause.
inline constexpr std::string_view other_exporter_remedy =
    "switch off the old export script in cron, in the ETL (ETL_RUN_JSON_EXPORT=false) and in the push script "
    "(SKIP_DATAMART_JSON_EXPORT=true)";

/// The same over time, as `.exportd/other_exporter.json` keeps it. Units: Unix seconds.
struct noted_exporter {
    other_exporter traces; ///< all since `first`
    std::int64_t first = 0;
    std::int64_t last = 0;

    /// It counts for a day.
    bool recent(std::int64_t now) const noexcept;
    /// With what was seen now. Traces that are not recent are forgotten.
    noted_exporter with(other_exporter const& seen, std::int64_t now) const;
    /// JSON with one newline at the end.
    std::string text() const;
    /// nullopt when the text is no such note.
    static std::optional<noted_exporter> parse(std::string_view text);
};

/// describe(), and since when, and what to do. One line.
std::string describe(noted_exporter const& note);

/// What the exporter of that tree noted, while it is recent. Throws std::system_error when the tree cannot be read.
std::optional<noted_exporter> other_exporter_of(std::filesystem::path const& root, std::chrono::sys_seconds now);

} // namespace notes_export
