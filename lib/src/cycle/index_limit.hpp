#pragma once

#include "notes_export/report.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace notes_export {

/// How large an index may become: `limit` bytes, 0 is any size.
enum class index_fit {
    fits,
    large,    ///< above half of the limit: worth telling
    too_large ///< a new one of this size is not published
};
/// `is_new`: it differs from the one in the tree, which stays whatever its size.
index_fit judge_index(std::uint64_t bytes, std::uint64_t limit, bool is_new) noexcept;

/// The index of an earlier cycle was refused, and not by this limit: it is owed.
bool index_is_owed(std::vector<index_size> const& refused, std::string const& dataset, std::uint64_t limit);

/// Takes the dataset's index out of those that were refused. true: it was refused by this limit, so that this is known.
bool forget_refusal(std::vector<index_size>& refused, std::string const& dataset, std::uint64_t limit);

} // namespace notes_export
