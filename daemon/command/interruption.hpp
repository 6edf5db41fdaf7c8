#pragma once

#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

namespace exportd {

/// While it lives, a first SIGINT or SIGTERM asks for a clean end, a second one ends the process; SIGALRM and SIGUSR2
/// do nothing.
class interruption {
public:
    interruption();
    ~interruption();
    interruption(interruption const&) = delete;
    interruption& operator=(interruption const&) = delete;

    std::stop_token token() const { return m_stop.get_token(); }

private:
    void wait();

    sigset_t m_signals{};
    std::stop_source m_stop;
    std::atomic<bool> m_over{false};
    std::thread m_waiter;
};

} // namespace exportd
