#include "systemd.hpp"

#include "log/logging.hpp"
#include "log/safe_text.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <systemd/sd-daemon.h>

namespace exportd::systemd {

namespace {

constexpr std::size_t max_status_bytes = 1024;

void notify(std::string const& state) {
    static std::atomic<bool> failing{false};
    int const result = sd_notify(0, state.c_str()); // 0: not started by systemd
    if (result < 0 && !failing.exchange(true)) {
        logging::log(logging::level::warning, "systemd_notify_failed", "cannot notify systemd",
                     {{"error", std::strerror(-result)}});
    } else if (result >= 0) {
        failing = false;
    }
}

std::uint64_t monotonic_usec() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now); // cannot fail for this clock
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000U + static_cast<std::uint64_t>(now.tv_nsec) / 1'000U;
}

} // namespace

void ready() {
    notify("READY=1");
}

void status(std::string_view text) {
    // systemd drops a status that is not valid UTF-8, and a newline in it would start another assignment.
    notify("STATUS=" + logging::printable(text, max_status_bytes));
}

void stopping() {
    notify("STOPPING=1");
}

void reloading() {
    notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_usec()));
}

void extend_timeout(std::chrono::microseconds more) {
    notify("EXTEND_TIMEOUT_USEC=" + std::to_string(more.count()));
}

std::optional<std::chrono::microseconds> watchdog_interval() {
    std::uint64_t usec = 0;
    int const result = sd_watchdog_enabled(0, &usec);
    if (result < 0) {
        logging::log(logging::level::warning, "systemd_watchdog_unknown", "cannot read the watchdog interval",
                     {{"error", std::strerror(-result)}});
    }
    return result > 0 ? std::optional{std::chrono::microseconds{usec}} : std::nullopt;
}

void watchdog_ping() {
    notify("WATCHDOG=1");
}

} // namespace exportd::systemd
