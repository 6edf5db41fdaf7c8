#pragma once

#include "notes_export/dataset.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace notes_export {

/// Where an entry stands in its index: each value DESC NULLS LAST, then the id.
struct index_position {
    std::vector<std::optional<double>> values; ///< counters: a double holds them exactly; of what rises the negative
    std::int64_t id = 0;

    /// The value of the next column of the order, as its text.
    void add(dataset const& d, std::string_view text);

    bool operator<(index_position const& other) const;
};

/// A finite number; nullopt for all else, such as null.
std::optional<double> number_or_null(std::string_view text);

/// Of an entry with this id, from the members that make the order. nullopt when one of them is missing, or is neither
/// null nor a whole number that a double holds exactly: then the order of the server is not ours.
std::optional<index_position> position_in_index(std::string_view entry, dataset const& d, std::int64_t id);

} // namespace notes_export
