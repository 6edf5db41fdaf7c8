#pragma once

#include <sys/types.h>

namespace exportd {

/**
 * Is there a process of this group that runs? One that has ended and waits to be waited for is none.
 *
 * As kill(2) does not tell these apart, /proc is read. true also when that is not possible.
 */
bool group_lives(pid_t group);

} // namespace exportd
