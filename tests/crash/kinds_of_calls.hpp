#pragma once

#include "crash/watched_call.hpp"
#include "support/thorough.hpp"

#include <functional>
#include <string>
#include <vector>

namespace test {

/// One call of a run, told apart from others of its kind by their order: threads may change places, the calls of one
/// kind among themselves mean the same.
struct chosen_call {
    std::string kind;
    std::size_t number; ///< among those of its kind, from 1
};

/// What a call does to what sort of file: ids, numbers and directories of one letter do not count.
std::string kind_of(watched_call const& call);

/**
 * Of each kind of call in a run: the first, the second, the one in the middle and the last. Between two neighbours of
 * one kind lies one more profile, or one more directory, in the same state of the protocol; what begins or ends a stage
 * is the first or the last of its kind. Messages to the server are all of different kinds: each is chosen.
 */
std::vector<chosen_call> some_of_each_kind(std::vector<watched_call> const& trace,
                                           std::function<bool(watched_call const&)> const& filter);

/// A part of them.
std::vector<chosen_call> only(share part, std::vector<chosen_call> const& chosen);

} // namespace test
