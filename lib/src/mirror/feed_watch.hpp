#pragma once

#include "files/file.hpp"

#include <chrono>
#include <filesystem>
#include <stop_token>

namespace notes_export::mirror {

/**
 * Waits until the feed of a tree has news, by inotify(7). Where that does not work (another machine's file system, no
 * feed yet, no more watches), the time is waited out: whoever waits looks now and then anyway.
 *
 * Thread  one.
 */
class feed_watch {
public:
    explicit feed_watch(std::filesystem::path tree);

    /// Returns with news, when it is time, or when a stop is requested.
    void wait(std::chrono::steady_clock::time_point until, std::stop_token const& stop);

private:
    void look_at_directories() const;
    bool take_events() const;

    std::filesystem::path m_tree;
    file m_events;
    file m_wake;
};

} // namespace notes_export::mirror
