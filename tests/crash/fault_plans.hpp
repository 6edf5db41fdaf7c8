#pragma once

#include "crash/syscall_injector.hpp"

#include <memory>

namespace test {

using call_filter = std::function<bool(watched_call const&)>;

inline bool on_tree(watched_call const& call) {
    return !call.message;
}

/// The fault for the n-th call that the filter lets through, nothing for all others.
inline fault_plan nth(std::size_t n, fault f, call_filter filter = {}) {
    auto const seen = std::make_shared<std::size_t>(0);
    return [=](watched_call const& call) { return (!filter || filter(call)) && ++*seen == n ? f : fault{}; };
}

/// The fault for each of them.
inline fault_plan each(fault f, call_filter filter) {
    return [=](watched_call const& call) { return filter(call) ? f : fault{}; };
}

/// SIGKILL at the n-th call, messages to the server included: what is between two of them the tree cannot tell apart.
inline fault_plan kill_at(std::size_t n) {
    return nth(n, {fault::kind::kill});
}

inline fault_plan kill_at(std::size_t n, call_filter filter) {
    return nth(n, {fault::kind::kill}, std::move(filter));
}

inline fault_plan fail_at(std::size_t n, int error) {
    return nth(n, {fault::kind::fail, error}, on_tree);
}

} // namespace test
