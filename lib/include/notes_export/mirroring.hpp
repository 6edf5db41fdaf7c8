#pragma once

#include "notes_export/config.hpp"
#include "notes_export/mirror_config.hpp"
#include "notes_export/mirror_state.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace notes_export {

/// A mirror cannot be used as it is configured: nothing but a change by somebody helps.
class mirror_misconfigured : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/**
 * A step that failed: what was tried, on what, why, in one line; then what to do. It holds no password, nor a URL with
 * one.
 *
 * `kind` is a short word for metrics and for telling one failure from the next: "unreachable", "slow", "refused",
 * "credentials", "diverged", ...
 */
class mirror_failure : public std::runtime_error {
public:
    mirror_failure(std::string kind, std::string const& text, std::string remedy = {})
        : std::runtime_error{text}, m_kind{std::move(kind)}, m_remedy{std::move(remedy)} {}

    std::string const& kind() const noexcept { return m_kind; }
    std::string const& remedy() const noexcept { return m_remedy; } ///< what to do; "" is nothing known

private:
    std::string m_kind;
    std::string m_remedy;
};

/// What one step did.
struct mirror_step {
    std::uint64_t from = 0;  ///< generation in the target before
    std::uint64_t to = 0;    ///< and after
    bool everything = false; ///< all files were compared
    std::string reason;      ///< why
    std::size_t written = 0; ///< files
    std::size_t removed = 0; ///< files
    std::uint64_t bytes = 0; ///< sent
    std::size_t purged = 0;  ///< URLs, or paths given to the command
    std::string purge_error; ///< tried again with the next step; "" is none
    std::chrono::milliseconds duration{};
    std::vector<std::string> warnings; ///< a line each
};

struct mirror_difference {
    std::string path;
    std::string what; ///< "missing", "differs", "not in the tree"
};

/// Told while a mirror works, on its thread but for `alive` and `silent`. Each may be empty.
struct mirror_observer {
    std::function<void(mirror_step const&)> stepped = {};
    std::function<void(mirror_failure const&, std::chrono::milliseconds next_try)> failed = {};
    std::function<void(std::chrono::seconds failing)> recovered = {};
    /// Once, on any thread: what it says of itself cannot be written to the tree, so that status cannot show it.
    std::function<void(std::string const& why)> silent = {};
    /// Whenever something changed, and every 20 seconds, unless the work has stood still for half an hour. Any thread.
    std::function<void(mirror_state const&)> alive = {};
    /// Files of this step that were read; of 0: it is not known how many there are.
    std::function<void(std::uint64_t done, std::uint64_t of)> progress = {};
};

/**
 * Keeps a copy of the published tree equal to it, by the tree's change feed.
 *
 * The tree is tree.directory, or what config.from names. It is only read but for `.exportd/mirrors/`, where the mirror
 * says how it is, see tree_of_mirror_state(). No database is asked. Every wait has a deadline, and ends within seconds
 * when a stop is requested; the target is then one that the next start continues.
 *
 * Throws  mirror_misconfigured, by the constructor; else as said.
 * Thread  one.
 */
class mirroring {
public:
    mirroring(export_config const& tree, mirror_config const& config, mirror_observer observer);
    ~mirroring();
    mirroring(mirroring const&) = delete;
    mirroring& operator=(mirroring const&) = delete;

    /// How it is. Any thread.
    mirror_state state() const;
    /// Follows until a stop is requested. Failures are told, and tried again.
    void follow(std::stop_token const& stop);
    /// Until the target has what was the newest generation. Throws mirror_failure, cancelled.
    void once(std::stop_token const& stop);
    /// Compares target and tree, and changes nothing. At most so many differences. Throws mirror_failure, cancelled.
    std::vector<mirror_difference> verify(std::size_t at_most, std::stop_token const& stop);

private:
    class work;
    std::unique_ptr<work> m_work;
};

} // namespace notes_export
