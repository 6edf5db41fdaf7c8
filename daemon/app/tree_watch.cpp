#include "app/tree_watch.hpp"

#include <notes_export/other_exporter.hpp>
#include <notes_export/unusable_documents.hpp>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <system_error>

namespace exportd {

namespace {

constexpr std::chrono::seconds interval{5};

tree_look look(std::filesystem::path const& directory, std::vector<notes_export::document> const& documents) {
    tree_look seen;
    std::error_code unknown;
    if (!std::filesystem::is_directory(directory, unknown)) // the first cycle makes it, or says why not
        return seen;
    auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    seen.mirrors = notes_export::mirrors_of(directory, now);
    try {
        seen.other = notes_export::other_exporter_of(directory, now);
        seen.unusable_documents = notes_export::unusable_documents(directory, documents);
    } catch (std::system_error const&) { // what makes a tree unreadable fails the cycle, and is told there
    }
    return seen;
}

} // namespace

tree_watch::tree_watch(notes_export::export_config const& config, monitor& m)
    : m_directory{config.directory},
      m_documents{config.documents},
      m_monitor{m},
      m_thread{[this](std::stop_token const& stop) { run(stop); }} {}

void tree_watch::run(std::stop_token const& stop) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr); // signals are for the event loop's thread
    std::mutex unshared;
    std::condition_variable_any woken; // by a request to stop
    std::unique_lock lock{unshared};
    while (!stop.stop_requested()) {
        m_monitor.looked(look(m_directory, m_documents));
        woken.wait_for(lock, stop, interval, [] { return false; });
    }
}

} // namespace exportd
