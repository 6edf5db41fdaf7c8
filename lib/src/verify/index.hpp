#pragma once

#include "verify/findings.hpp"
#include "verify/sides.hpp"

#include <cstdint>
#include <set>

namespace notes_export {

/**
 * Compares the index of a dataset, and its shards, with those that its rows would give; `special`: see
 * compared_profiles.
 *
 * A publication puts another file in the place of the old one, so that one that is opened while nothing is published
 * stays what it was, however long it takes to read the table. Only entries that are made of published profiles (of
 * refused rows), and shards, can become newer than it: then everything is done again, and shards the last time while
 * publications wait.
 * Memory: one piece of the index; the rows that are pending, unless these are many, and the special ones. With shards
 * what a shard::listing takes.
 */
void compare_index(sides& s, dataset const& d, std::set<std::int64_t> const& special, findings& found);

} // namespace notes_export
