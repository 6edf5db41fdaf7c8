#pragma once

#include "notes_export/report.hpp"
#include "source/work_list.hpp"

#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// Keyword of the refusal of a row that the server cannot give.
inline constexpr std::string_view unreadable_keyword = "unreadable";

/// The rows whose document was refused, by dataset, key and id. They stay pending and are tried again when they change.
class quarantine {
public:
    /// This very version of the row was refused before.
    bool holds(std::string const& dataset, row_name row, std::uint32_t version) const;
    std::set<row_name> names(std::string const& dataset) const;
    /// Ids of rows that the server cannot give.
    std::set<std::int64_t> unreadable(std::string const& dataset) const;
    void add(quarantined_row row);
    /// The same row has a new version by an update of ours.
    void raise_version(std::string const& dataset, row_name row, std::uint32_t version);
    void release(std::string const& dataset, row_name row);
    /// Forgets rows of the dataset that are not among these.
    void keep_only(std::string const& dataset, std::set<row_name> const& rows);

    std::size_t count(std::string const& dataset) const;
    std::vector<quarantined_row> rows(std::size_t at_most = std::numeric_limits<std::size_t>::max()) const;

    static constexpr std::size_t longest_text = 256U << 20; ///< every row of a large warehouse
    /// The file that `status` reads: one JSON array, "[]" when nothing is refused.
    std::string text() const;
    static std::vector<quarantined_row> parse(std::string_view text);

private:
    using rows_by_name = std::map<row_name, quarantined_row>;
    std::map<std::string, rows_by_name> m_rows;
};

} // namespace notes_export
