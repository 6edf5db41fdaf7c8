#pragma once

#include "status/monitor.hpp"

#include <notes_export/config.hpp>

#include <filesystem>
#include <stop_token>
#include <thread>
#include <vector>

namespace exportd {

/**
 * Looks every few seconds at what is in the tree beside what cycles make there: what mirrors say of themselves, and
 * whether readers can use the files of one row. Tells the monitor.
 *
 * On a thread of its own, as a disk may hang: neither the event loop nor a page waits for it.
 */
class tree_watch {
public:
    /// The monitor lives as long as this object.
    tree_watch(notes_export::export_config const& config, monitor& m);

private:
    void run(std::stop_token const& stop);

    std::filesystem::path m_directory;
    std::vector<notes_export::document> m_documents;
    monitor& m_monitor;
    std::jthread m_thread; ///< last: it uses the others
};

} // namespace exportd
