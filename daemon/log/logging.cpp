#include "log/logging.hpp"

#include "log/output.hpp"
#include "log/record_text.hpp"

#include <array>
#include <boost/log/attributes/constant.hpp>
#include <boost/log/attributes/value_extraction.hpp>
#include <boost/log/core.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/make_shared.hpp>
#include <boost/shared_ptr.hpp>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

namespace exportd::logging {

namespace detail {
std::atomic<level> threshold{level::info};
} // namespace detail

namespace {

namespace sinks = boost::log::sinks;

constexpr char const* record_attribute = "Record";

std::atomic<std::uint64_t> lost_in_total{0};

log_output open_output(config const& c) {
    return c.file.empty() ? log_output::to_stderr() : log_output::to_file(c.file, c.file_mode);
}

/// The `<N>` of sd-daemon(3), which the journal takes off the line.
char const* journal_prefix(level l) noexcept {
    switch (l) {
    case level::error:
        return "<3>";
    case level::warning:
        return "<4>";
    case level::info:
        return "<6>";
    default:
        return "<7>";
    }
}

/// Writes our records; the sink around it takes care of the locking.
class backend : public sinks::basic_sink_backend<sinks::synchronized_feeding> {
public:
    void consume(boost::log::record_view const& view) {
        auto const pointer = view.attribute_values()[record_attribute].extract<record const*>();
        if (pointer)
            write(*pointer.get());
    }

    void replace(config const& c) {
        m_output = open_output(c);
        if (c.file != m_config.file)
            m_loss_told.reset();
        m_config = c;
        m_unopened = false;
    }

    void reopen() {
        m_output = open_output(m_config);
        m_unopened = false;
    }

private:
    /// Records go to the file that has the name now, so that whoever rotates logs need not tell us: the signal for that
    /// would ask for a full export as well. Where it cannot be opened they go on into the old one.
    void follow_the_name() {
        if (!m_output.was_moved())
            return;
        try {
            reopen();
        } catch (std::system_error const& failure) {
            if (!std::exchange(m_unopened, true)) {
                tell_on_stderr("log_file_lost",
                               "The log file was moved and cannot be opened again: records go on into the old one",
                               failure.what());
            }
        }
    }

    /// A disk that is full takes a short record now and then, so that one loss ends and the next begins.
    bool is_loss_known() noexcept {
        constexpr std::chrono::hours reminder{1};
        auto const now = std::chrono::steady_clock::now();
        bool const known = m_loss_told && now - *m_loss_told < reminder;
        if (!known)
            m_loss_told = now;
        return known;
    }

    void tell_on_stderr(std::string_view event, std::string_view message, std::string const& error) {
        std::array const fields{field{"error", error}};
        auto err = log_output::to_stderr();
        err.write(rendered({std::chrono::system_clock::now(), level::error, event, message, fields}, err.is_journal()));
    }

    std::string rendered(record const& r, bool for_journal) const {
        std::string line = for_journal ? journal_prefix(r.severity) : "";
        line += m_config.style == format::json ? render_json(r) : render_text(r, for_journal);
        return line + '\n';
    }

    void write(record r) {
        follow_the_name();
        r.lost_before = m_lost;
        ++m_lost; // stays when rendering or writing fails
        if (m_output.write(rendered(r, m_output.is_journal()))) {
            m_lost = 0;
            return;
        }
        int const error = errno;
        ++lost_in_total;
        if (!m_config.file.empty() && !is_loss_known()) {
            tell_on_stderr("log_lost", "Records are lost, as the log file cannot be written to",
                           "write " + m_config.file.string() + ": " + std::generic_category().message(error));
        }
    }

    config m_config;
    log_output m_output = log_output::to_stderr();
    bool m_unopened = false; ///< the moved file has no successor, and that was told
    std::optional<std::chrono::steady_clock::time_point> m_loss_told; ///< of this file
    std::uint64_t m_lost = 0;                                         ///< since the last record that got through
};

using sink = sinks::synchronous_sink<backend>;

/// Never destroyed, like the core that holds it: objects with static lifetime may still log at exit.
sink& the_sink() {
    static auto& instance = *new boost::shared_ptr<sink>{[] {
        auto made = boost::make_shared<sink>();
        boost::log::core::get()->add_sink(made);
        return made;
    }()};
    return *instance;
}

} // namespace

void detail::write(level l, std::string_view event, std::string_view message, std::span<field const> fields) noexcept {
    try {
        the_sink();
        record const r{std::chrono::system_clock::now(), l, event, message, fields};
        boost::log::attribute_set attributes;
        attributes.insert(record_attribute, boost::log::attributes::constant<record const*>{&r});
        auto const core = boost::log::core::get();
        if (auto opened = core->open_record(attributes))
            core->push_record(std::move(opened));
    } catch (...) {
        ++lost_in_total; // out of memory, most likely: there is nowhere else to say it
    }
}

void configure(config const& c) {
    the_sink().locked_backend()->replace(c);
    detail::threshold.store(c.threshold, std::memory_order_relaxed);
}

void reopen() {
    the_sink().locked_backend()->reopen();
}

std::uint64_t lost_records() noexcept {
    return lost_in_total.load();
}

} // namespace exportd::logging
