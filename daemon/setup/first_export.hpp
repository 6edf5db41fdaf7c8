#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace exportd {

/// Of metadata.json; 0 when nothing was published yet.
std::uint64_t published_generation(std::filesystem::path const& directory);

/// What is asked while it is waited.
struct export_watch {
    std::function<std::string()> state; ///< one line on how far the service is; throws when it is down
    std::function<void(std::string const& line)> show;
    /// Does the line tell that a cycle has ended since the start?
    std::function<bool(std::string const& line)> ended = [](std::string const&) { return true; };
    std::chrono::milliseconds between{500};
    std::chrono::seconds patience{600}; ///< without any news
};

enum class waited { published, interrupted };

/**
 * Until the tree has a generation and a cycle has ended, shows what the service says of itself whenever that changes.
 * SIGINT and SIGTERM end the waiting, and nothing else.
 *
 * Throws  setup_error when there were no news for too long; what `state` throws.
 * Thread  the only one.
 */
waited wait_for_first_export(std::filesystem::path const& directory, export_watch const& watch);

} // namespace exportd
