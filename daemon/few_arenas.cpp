#include "few_arenas.hpp"

#include <malloc.h>

namespace exportd {

void use_few_arenas() noexcept {
#ifdef M_ARENA_MAX
    ::mallopt(M_ARENA_MAX, 2);
#endif
}

} // namespace exportd
