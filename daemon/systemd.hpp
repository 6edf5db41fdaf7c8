#pragma once

#include <chrono>
#include <optional>
#include <string_view>

/**
 * What we tell systemd (sd_notify(3)). Outside systemd every call does nothing.
 *
 * Safety  a notification that cannot be sent is logged as a warning, once until one gets through again.
 * Thread  any.
 */
namespace exportd::systemd {

void ready();

/// One line for `systemctl status`, made safe and cut like the message of a log record.
void status(std::string_view text);

void stopping();

/// Begin of a reload; ready() ends it.
void reloading();

/// Asks for this much more time, counted from now, before a start, reload or stop is judged to hang.
void extend_timeout(std::chrono::microseconds);

/// WatchdogSec= of the unit, when it is meant for this process: ping at least every half of it.
std::optional<std::chrono::microseconds> watchdog_interval();

void watchdog_ping();

} // namespace exportd::systemd
