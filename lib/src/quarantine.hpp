#pragma once

#include "notes_export/report.hpp"

#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// The rows whose document was refused, by dataset and key. They stay pending and are tried again when they change.
class quarantine {
public:
    /// This very version of the row was refused before.
    bool holds(std::string const& dataset, std::int64_t key, std::uint32_t version) const;
    /// Key -> id of the dataset's refused rows.
    std::map<std::int64_t, std::int64_t> ids(std::string const& dataset) const;
    void add(quarantined_row row);
    /// The same row has a new version by an update of ours.
    void raise_version(std::string const& dataset, std::int64_t key, std::uint32_t version);
    void release(std::string const& dataset, std::int64_t key);
    /// Forgets rows of the dataset whose keys are not among these.
    void keep_only(std::string const& dataset, std::set<std::int64_t> const& keys);

    std::size_t count(std::string const& dataset) const;
    std::vector<quarantined_row> rows(std::size_t at_most = std::numeric_limits<std::size_t>::max()) const;

    /// The file that `status` reads: one JSON array, "[]" when nothing is refused.
    std::string text() const;
    static std::vector<quarantined_row> parse(std::string_view text);

    bool operator==(quarantine const& other) const { return text() == other.text(); }

private:
    using rows_by_key = std::map<std::int64_t, quarantined_row>;
    std::map<std::string, rows_by_key> m_rows;
};

} // namespace notes_export
