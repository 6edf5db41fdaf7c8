#pragma once

#include "crash/kinds_of_calls.hpp"
#include "crash/syscall_injector.hpp"

#include <memory>

namespace test {

using call_filter = std::function<bool(watched_call const&)>;

inline bool on_tree(watched_call const& call) {
    return !call.message;
}

inline bool only_reads(watched_call const& call) {
    return call.name == "getdents64" || (call.name.starts_with("open") && !call.creates);
}

/// Before a call that only looks, disk and database are as before the next one that does more.
inline bool only_looks(watched_call const& call) {
    return only_reads(call) || call.name == "close";
}

/// What may fail and leave something half done; a close too, which may tell late of a write.
inline bool on_written(watched_call const& call) {
    return on_tree(call) && !only_reads(call);
}

/// The fault for the n-th call that the filter lets through, nothing for all others.
inline fault_plan nth(std::size_t n, fault f, call_filter filter = {}) {
    auto const seen = std::make_shared<std::size_t>(0);
    return [=](watched_call const& call) { return (!filter || filter(call)) && ++*seen == n ? f : fault{}; };
}

/// The fault for one call that was chosen.
inline fault_plan at(chosen_call const& chosen, fault f, call_filter filter) {
    return nth(chosen.number, f,
               [=](watched_call const& call) { return filter(call) && kind_of(call) == chosen.kind; });
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
