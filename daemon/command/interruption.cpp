#include "command/interruption.hpp"

#include "command/progress_bar.hpp"
#include "exit_codes.hpp"

#include <unistd.h>

namespace exportd {

namespace {

constexpr int wake_up = SIGUSR2; ///< ours alone: ends the waiting thread

} // namespace

interruption::interruption() {
    sigemptyset(&m_signals);
    for (int const signal : {SIGINT, SIGTERM, wake_up})
        sigaddset(&m_signals, signal);
    pthread_sigmask(SIG_BLOCK, &m_signals, nullptr);
    m_waiter = std::thread{[this] { wait(); }};
}

interruption::~interruption() {
    pthread_kill(m_waiter.native_handle(), wake_up);
    m_waiter.join();
}

void interruption::wait() {
    int signal = 0;
    while (sigwait(&m_signals, &signal) == 0 && signal != wake_up)
        if (!m_stop.request_stop()) {
            progress_bar::wipe_before_exit();
            _exit(to_int(exit_code::failure));
        }
}

} // namespace exportd
