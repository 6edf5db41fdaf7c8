#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace fuzz {

/// Ends the process when a property does not hold: the fuzzer keeps the input, a replay fails.
inline void expect(bool holds, std::string_view property) {
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(property.size()), property.data());
    std::abort();
}

} // namespace fuzz
