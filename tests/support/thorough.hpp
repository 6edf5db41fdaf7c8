#pragma once

#include <cstdlib>

namespace test {

/// Is there time for every case, and not only for each kind of case? tests/nightly.sh says so.
inline bool thorough() {
    return std::getenv("EXPORTD_THOROUGH") != nullptr;
}

} // namespace test
