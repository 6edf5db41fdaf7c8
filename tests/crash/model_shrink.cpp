#include "crash/model_shrink.hpp"

#include "crash/model_episode.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace model {

namespace {

using clock = std::chrono::steady_clock;

/// How the list fails, if it does.
std::optional<std::string> failure_of(world& w, shape const& s, actions const& list) {
    try {
        episode e{w, s};
        for (auto const& a : list)
            e.perform(a);
    } catch (std::runtime_error const& error) {
        return error.what();
    }
    return std::nullopt;
}

/// The last quiet point is what fails; earlier ones need not be.
actions without(actions const& list, std::size_t begin, std::size_t count) {
    actions rest;
    for (std::size_t i = 0; i < list.size(); ++i)
        if (i < begin || i >= begin + count || i + 1 == list.size())
            rest.push_back(list[i]);
    return rest;
}

} // namespace

shorter_case shrink(world& w, shape const& s, actions const& all, double minutes) {
    auto const end = clock::now() + std::chrono::duration<double, std::ratio<60>>{minutes};
    shorter_case best{all, "(it did not fail a second time)"};
    auto why = failure_of(w, s, all);
    if (!why)
        return best;
    best.why = *why;
    for (auto size = std::max<std::size_t>(1, all.size() / 2); clock::now() < end;) {
        bool shorter = false;
        for (std::size_t at = 0; at + 1 < best.list.size() && clock::now() < end;) {
            auto const rest = without(best.list, at, size);
            if (auto const again = failure_of(w, s, rest)) {
                best = {rest, *again};
                shorter = true;
            } else {
                at += size;
            }
        }
        if (size == 1 && !shorter)
            break;
        size = std::max<std::size_t>(1, size / 2);
    }
    return best;
}

} // namespace model
