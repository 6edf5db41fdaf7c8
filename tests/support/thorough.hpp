#pragma once

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace test {

/// Is there time for every case, and not only for each kind of case? tests/nightly.sh says so.
inline bool thorough() {
    return std::getenv("EXPORTD_THOROUGH") != nullptr;
}

/// A part of many cases: each of-th, from the first-th on.
struct share {
    std::size_t first = 0;
    std::size_t of = 1;
    bool takes(std::size_t n) const noexcept { return n % of == first; }
};

/// "1/2": the second half. Throws std::invalid_argument for all else.
inline share parse_share(std::string_view text) {
    share part;
    auto const slash = text.find('/');
    auto const end = text.data() + text.size();
    auto const number = [](char const* from, char const* to, std::size_t& n) {
        auto const [rest, error] = std::from_chars(from, to, n);
        return error == std::errc{} && rest == to;
    };
    if (slash == std::string_view::npos || !number(text.data(), text.data() + slash, part.first) ||
        !number(text.data() + slash + 1, end, part.of) || part.first >= part.of)
        throw std::invalid_argument{"EXPORTD_CRASH_SHARE is \"" + std::string{text} + "\", not such as 0/2"};
    return part;
}

/// What a run of the crash loops is to try, of what it chose: EXPORTD_CRASH_SHARE, which .ci/run changes from commit to
/// commit, or all.
inline share crash_share() {
    char const* const text = std::getenv("EXPORTD_CRASH_SHARE");
    return text == nullptr ? share{} : parse_share(text);
}

} // namespace test
