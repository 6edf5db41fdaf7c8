#pragma once

namespace exportd {

/**
 * Takes nothing over from whoever started us: no signal is blocked, and each does what it does by default, but SIGPIPE,
 * which is ignored, as writing says it too. With SIGCHLD ignored, nobody would learn how a command has ended; with
 * SIGTERM blocked, nothing but SIGKILL would end the process.
 *
 * SIGHUP stays ignored where it was: that is what nohup(1) is for.
 *
 * Thread: the first one, before there are others.
 */
void reset_signals();

} // namespace exportd
