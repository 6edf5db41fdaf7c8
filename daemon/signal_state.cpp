#include "signal_state.hpp"

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>

namespace exportd {

namespace {

bool is_fixed(int signal) {
    // Those between the standard ones and the first real-time signal are the C library's own.
    return signal == SIGKILL || signal == SIGSTOP || (signal >= 32 && signal < SIGRTMIN);
}

void set(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    if (::sigaction(signal, &action, nullptr) != 0)
        throw std::system_error{errno, std::generic_category(), "set what signal " + std::to_string(signal) + " does"};
}

bool is_ignored(int signal) {
    struct sigaction action {};
    return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

} // namespace

void reset_signals() {
    for (int signal = 1; signal <= SIGRTMAX; ++signal)
        if (!is_fixed(signal) && !(signal == SIGHUP && is_ignored(SIGHUP)))
            set(signal, signal == SIGPIPE ? SIG_IGN : SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0)
        throw std::system_error{errno, std::generic_category(), "unblock signals"};
}

} // namespace exportd
