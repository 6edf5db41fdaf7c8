#pragma once

#include "support/tree_contents.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace model {

/// What a fresh full export said, besides the tree it made.
struct refusals {
    std::map<std::string, std::set<std::int64_t>> rows; ///< ids by dataset
    std::set<std::string> files;                        ///< documents that were left out, with a warning

    /// From the output of `once`.
    static refusals in(std::string const& output);
    bool none() const { return rows.empty() && files.empty(); }
};

/// How a tree differs from a fresh one. A refused row's profile may be the last valid one, with its entry in the index;
/// nothing else may differ but the members of metadata.json that tell the time.
std::vector<std::string> differences(test::tree_contents const& live, test::tree_contents const& fresh,
                                     refusals const& refused);

/// The path of a profile.
std::string profile_path(std::string const& dataset, std::int64_t id);

} // namespace model
