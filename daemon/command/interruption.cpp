#include "command/interruption.hpp"

#include "command/progress_bar.hpp"
#include "exit_codes.hpp"

#include <unistd.h>

namespace exportd {

namespace {

constexpr int wake_up = SIGUSR2; ///< at the end it is from us; before, from somebody to whom we have nothing to say

} // namespace

interruption::interruption() {
    sigemptyset(&m_signals);
    for (int const signal : {SIGINT, SIGTERM, SIGALRM, wake_up})
        sigaddset(&m_signals, signal);
    pthread_sigmask(SIG_BLOCK, &m_signals, nullptr);
    m_waiter = std::thread{[this] { wait(); }};
}

interruption::~interruption() {
    m_over = true;
    pthread_kill(m_waiter.native_handle(), wake_up);
    m_waiter.join();
}

void interruption::wait() {
    int signal = 0;
    while (sigwait(&m_signals, &signal) == 0 && !m_over) {
        bool const asks = signal == SIGINT || signal == SIGTERM;
        if (asks && !m_stop.request_stop()) {
            progress_bar::wipe_before_exit();
            _exit(to_int(exit_code::failure));
        }
    }
}

} // namespace exportd
