#pragma once

#include "log/record.hpp"

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

/**
 * The log of the daemon: one record a line, to stderr or to a file.
 *
 * Safety  values may be hostile: control characters and broken UTF-8 come out escaped, long values cut.
 *         A record that cannot be written at once (full disk, closed or stuck stderr) is dropped and counted;
 *         the next one that gets through carries `lost_records`. The caller ignores SIGPIPE.
 *         A log file that was rotated (moved or removed) is made anew by the next record.
 * Units   UTC times with milliseconds.
 * Throws  log() nothing; configure() and reopen() std::system_error.
 * Thread  any; one record is one undivided line.
 */
namespace exportd::logging {

namespace detail {
extern std::atomic<level> threshold;
void write(level, std::string_view event, std::string_view message, std::span<field const> fields) noexcept;
} // namespace detail

/// Would a record of this level be written? One relaxed load: ask before working out an expensive field.
inline bool enabled(level l) noexcept {
    return l >= detail::threshold.load(std::memory_order_relaxed);
}

/// Writes one record. `event` is a stable snake_case name; the fields are views on the stack, nothing is allocated
/// for a level that is switched off.
inline void log(level l, std::string_view event, std::string_view message,
                std::initializer_list<field> fields = {}) noexcept {
    if (enabled(l))
        detail::write(l, event, message, {fields.begin(), fields.size()});
}

inline void log(level l, std::string_view event, std::string_view message, std::vector<field> const& fields) noexcept {
    if (enabled(l))
        detail::write(l, event, message, fields);
}

/// Takes effect with the next record. When the file cannot be opened everything stays as it was.
/// Until the first call: level info, text, stderr.
void configure(config const&);

/// Opens the log file again by its name. On failure the old file stays in use. Not needed for a file that was moved or
/// removed: the next record notices that.
void reopen();

/// Records dropped since the process started.
std::uint64_t lost_records() noexcept;

} // namespace exportd::logging
