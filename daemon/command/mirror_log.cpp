#include "command/mirror_log.hpp"

#include "log/logging.hpp"

#include <utility>

namespace exportd {

using logging::level;

mirror_log::mirror_log(std::string name, std::function<void(std::function<void()> const&)> aside)
    : m_name{std::move(name)}, m_aside{std::move(aside)} {}

void mirror_log::write(std::function<void()> const& record) const {
    if (m_aside)
        m_aside(record);
    else
        record();
}

void mirror_log::started(notes_export::mirror_state const& first) const {
    logging::log(level::info, "mirror_started", "mirror started",
                 {{"mirror", m_name}, {"kind", first.kind}, {"url", first.url}});
}

void mirror_log::stepped(notes_export::mirror_step const& s) const {
    write([&] {
        for (auto const& text : s.warnings)
            logging::log(level::warning, "mirror_warning", text, {{"mirror", m_name}});
        logging::log(level::info, "mirror_step", s.everything ? "everything was compared" : "changes were copied",
                     {{"mirror", m_name},
                      {"from", s.from},
                      {"generation", s.to},
                      {"files_written", s.written},
                      {"files_removed", s.removed},
                      {"bytes", s.bytes},
                      {"purged", s.purged},
                      {"duration_ms", s.duration.count()},
                      {"reason", s.reason}});
        if (!s.purge_error.empty())
            logging::log(level::warning, "mirror_purge_failed", "caches were not told of every change",
                         {{"mirror", m_name}, {"error", s.purge_error}});
    });
}

void mirror_log::failed(notes_export::mirror_failure const& e, std::chrono::milliseconds next_try) const {
    write([&] {
        logging::log(
            level::error, "mirror_failed", e.what(),
            {{"mirror", m_name}, {"error_kind", e.kind()}, {"remedy", e.remedy()}, {"next_try_ms", next_try.count()}});
    });
}

void mirror_log::recovered(std::chrono::seconds failing) const {
    write([&] {
        logging::log(level::info, "mirror_recovered", "the mirror works again",
                     {{"mirror", m_name}, {"failing_s", failing.count()}});
    });
}

void mirror_log::silent(std::string const& why) const {
    write([&] {
        logging::log(level::warning, "mirror_state_unwritten",
                     "status cannot show this mirror: let its user write to .exportd/mirrors of the tree",
                     {{"mirror", m_name}, {"error", why}});
    });
}

void mirror_log::stopped() const {
    logging::log(level::info, "mirror_stopped", "mirror stopped", {{"mirror", m_name}});
}

} // namespace exportd
