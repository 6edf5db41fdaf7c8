#pragma once

#include "notes_export/mirror_state.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace notes_export::mirror {

/**
 * Writes `.exportd/mirrors/NAME.json` of the tree: after each change, and again and again while there are signs of
 * life, so that an old file means that the mirror does not run, or hangs.
 *
 * Thread  any.
 */
class state_keeper {
public:
    struct listeners {
        std::function<void(mirror_state const&)> alive;     ///< after each writing
        std::function<void(std::string const& why)> silent; ///< once, when it cannot be written
    };
    state_keeper(std::filesystem::path tree, mirror_state first, listeners told);

    /// From now on it is written again and again.
    void begin();
    void change(std::function<void(mirror_state&)> const& how);
    mirror_state now() const;
    /// A sign of life.
    void touch();

private:
    void tick(std::stop_token const& stop);
    void write();

    std::filesystem::path m_tree;
    listeners m_told;
    mutable std::mutex m_mutex;
    std::condition_variable_any m_stopped;
    mirror_state m_state;
    std::chrono::steady_clock::time_point m_last_touch;
    bool m_silent = false;
    std::jthread m_ticker; ///< last: it ends before all else goes
};

} // namespace notes_export::mirror
