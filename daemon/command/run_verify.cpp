#include "command/commands.hpp"
#include "command/interruption.hpp"
#include "command/json_list.hpp"
#include "command/progress_bar.hpp"
#include "command/report_json.hpp"
#include "command/status_text.hpp"
#include "cycles/recorded_cycles.hpp"
#include "log/safe_text.hpp"
#include "settings/export_settings.hpp"

#include <notes_export/error.hpp>
#include <notes_export/verify.hpp>

#include <iostream>
#include <memory>
#include <optional>

namespace exportd {

namespace {

using logging::printable; // names and file contents of others are among what is shown

// More are mended by a full export, which needs no list of them.
constexpr std::size_t most_repaired_alone = 100'000;

std::string what_to_type(std::string const& held) {
    return held +
           ". A running daemon repairs by itself, with a full export: type systemctl reload osm-notes-exportd, or"
           " in the database SELECT dwh.request_json_export(true)";
}

/// Holds the tree while it is verified, and mends what was found.
class repair {
public:
    repair(notes_export::export_config const& config, progress_bar& bar) : m_cycles{config, observer(bar)} {
        for (auto const& d : config.datasets)
            m_found[d.name];
        try {
            m_cycles.open(); // now rather than after a long verification
        } catch (notes_export::lock_held const& e) {
            throw notes_export::lock_held{what_to_type(e.what())};
        }
    }

    void add(notes_export::drift const& d) {
        if (d.id > 0 && ++m_entities <= most_repaired_alone)
            m_found[d.dataset].push_back(d.id);
    }

    cycle_outcome run(std::stop_token const& stop) {
        if (m_entities > most_repaired_alone)
            return m_cycles.run({.full = true}, stop);
        auto outcome = m_cycles.run({.only = m_found}, stop);
        return needs_full(outcome.error) ? m_cycles.run({.full = true}, stop) : outcome;
    }

private:
    static notes_export::cycle_observer observer(progress_bar& bar) {
        notes_export::cycle_observer o{.entering = {}, .entity = {}};
        o.progress = [&bar](auto const& p) { bar.at(p); };
        return o;
    }
    static bool needs_full(std::exception_ptr const& error) {
        try {
            if (error)
                std::rethrow_exception(error);
        } catch (notes_export::request_refused const&) {
            return true;
        } catch (...) { // is in the outcome
        }
        return false;
    }

    notes_export::entity_selection m_found; ///< with the indexes of all datasets
    std::size_t m_entities = 0;
    recorded_cycles m_cycles;
};

// Nothing was held back, and nothing has changed meanwhile.
bool mended_all(notes_export::cycle_report const& r) {
    bool all = r.quarantined.empty() && r.refused_indexes.empty() && r.mark_conflicts() == 0;
    for (auto const& d : r.datasets)
        all = all && d.shrink_refused == 0 && !d.index_refused;
    return all;
}

void put_result(json_writer& w, notes_export::verify_report const& report) {
    put_flag(w, "verified", true);
    put_flag(w, "clean", report.clean());
    put(w, "files_checked", report.files_checked);
    put(w, "difference_count", report.differences);
    put(w, "pending", report.pending);
    put_array(w, "warnings", report.warnings, [&](auto const& text) { put(w, "text", text); });
}

/// How it is told.
struct presentation {
    virtual ~presentation() = default;
    virtual void found(notes_export::drift const&) {}
    virtual void ended(notes_export::verify_report const&) {}
    virtual void repaired(notes_export::cycle_report const&) {}
    virtual void failed(std::string const&) {}
    virtual void close() {}
};

struct as_text : presentation {
    void ended(notes_export::verify_report const& report) override {
        for (auto const& d : report.drifts)
            std::cout << to_string(d.what) << ' ' << printable(d.path)
                      << (d.pending ? " (pending: the next cycle mends it)" : "") << '\n';
        if (report.differences > report.drifts.size())
            std::cout << "... and " << report.differences - report.drifts.size() << " more (verify --json lists all)\n";
        for (auto const& text : report.warnings)
            std::cout << "warning: " << printable(text) << '\n';
        std::cout << (report.clean() ? "clean: " : "drift: ") << report.files_checked << " files checked, "
                  << report.differences << " differences";
        if (report.pending > 0)
            std::cout << ", " << report.pending << " of them pending";
        std::cout << '\n' << std::flush;
    }
    void repaired(notes_export::cycle_report const& r) override {
        print_remarks(r);
        std::cout << (mended_all(r) ? "repaired: " : "not everything could be repaired: ") << r.files_written
                  << " files written, " << r.files_removed << " removed (" << to_string(r.mode) << ": " << r.reason
                  << ")\n"
                  << std::flush;
    }
};

struct as_json : presentation {
    void found(notes_export::drift const& d) override {
        m_list.add([&](json_writer& w) {
            put(w, "what", std::string{to_string(d.what)});
            put(w, "path", d.path);
            put_flag(w, "pending", d.pending);
            put(w, "dataset", d.dataset);
            put(w, "id", d.id);
        });
    }
    void ended(notes_export::verify_report const& report) override { m_report = report; }
    void repaired(notes_export::cycle_report const& r) override { m_repaired = r; }
    void failed(std::string const& error) override { m_error = error; }
    void close() override {
        m_list.end([&](json_writer& w) {
            if (m_report)
                put_result(w, *m_report);
            else
                put_flag(w, "verified", false);
            put(w, "error", m_error);
            if (!m_repaired)
                return;
            w.Key("repair");
            w.StartObject();
            put_flag(w, "complete", mended_all(*m_repaired));
            put_report(w, *m_repaired);
            w.EndObject();
        });
    }

private:
    json_list m_list{std::cout, "differences"};
    std::optional<notes_export::verify_report> m_report;
    std::optional<notes_export::cycle_report> m_repaired;
    std::string m_error;
};

exit_code verify_and_repair(notes_export::export_config const& config, bool mend, presentation& show, progress_bar& bar,
                            std::stop_token const& stop) {
    std::optional<repair> mending;
    if (mend)
        mending.emplace(config, bar);
    notes_export::verify_observer observer;
    observer.progress = [&](auto const& p) { bar.at(p); };
    observer.found = [&](notes_export::drift const& d) {
        if (mending)
            mending->add(d);
        bar.aside([&] { show.found(d); });
    };
    auto const report = notes_export::verify(config, stop, observer);
    bar.aside([&] { show.ended(report); });
    if (report.clean() || !mending)
        return report.clean() ? exit_code::success : exit_code::failure;
    auto const outcome = mending->run(stop);
    if (outcome.error)
        std::rethrow_exception(outcome.error);
    bar.aside([&] { show.repaired(outcome.report); });
    return mended_all(outcome.report) ? exit_code::success : exit_code::failure;
}

} // namespace

exit_code run_verify(command_line const& line, loaded_settings const& loaded) {
    auto const config = to_export_config(loaded.value);
    interruption const interrupted;
    std::unique_ptr<presentation> const show =
        line.json ? std::unique_ptr<presentation>{std::make_unique<as_json>()} : std::make_unique<as_text>();
    progress_bar bar;
    try {
        auto const code = verify_and_repair(config, line.repair, *show, bar, interrupted.token());
        bar.aside([&] { show->close(); });
        return code;
    } catch (std::exception const& e) { // what was begun is ended, and the caller tells people
        bar.aside([&] {
            show->failed(e.what());
            show->close();
        });
        throw;
    }
}

} // namespace exportd
