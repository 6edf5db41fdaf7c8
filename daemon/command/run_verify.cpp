#include "command/commands.hpp"
#include "command/interruption.hpp"
#include "command/progress_bar.hpp"
#include "command/run_hook.hpp"
#include "command/verification_output.hpp"
#include "cycles/recorded_cycles.hpp"
#include "settings/export_settings.hpp"

#include <notes_export/error.hpp>
#include <notes_export/verify.hpp>

#include <memory>
#include <optional>

namespace exportd {

namespace {

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
        return needs_full(outcome.error) ? m_cycles.run({}, stop) : outcome; // which is a full one, and says why
    }

private:
    static notes_export::cycle_observer observer(progress_bar& bar) {
        notes_export::cycle_observer o;
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

exit_code verify_and_repair(settings const& s, bool mend, verification_output& show, progress_bar& bar,
                            std::stop_token const& stop) {
    auto const config = to_export_config(s);
    std::optional<repair> mending;
    if (mend)
        mending.emplace(config, bar);
    notes_export::verify_observer observer;
    observer.progress = [&](auto const& p) { bar.at(p); };
    observer.found = [&](notes_export::drift const& d) {
        if (mending)
            mending->add(d);
        show.found(d);
    };
    auto const report = notes_export::verify(config, stop, observer);
    if (report.clean() || !mending)
        bar.over();
    show.ended(report);
    if (report.clean() || !mending)
        return report.clean() ? exit_code::success : exit_code::failure;
    auto const outcome = mending->run(stop);
    if (outcome.published || !outcome.error) // else perhaps somebody else holds the tree
        run_hook(s, outcome.published, stop);
    if (outcome.error)
        std::rethrow_exception(outcome.error);
    bar.over();
    show.repaired(outcome.report);
    return mended_all(outcome.report) ? exit_code::success : exit_code::failure;
}

} // namespace

exit_code run_verify(command_line const& line, loaded_settings const& loaded) {
    interruption const interrupted;
    progress_bar bar;
    auto const show = line.json ? verification_as_json(bar) : verification_as_text(bar);
    try {
        auto const code = verify_and_repair(loaded.value, line.repair, *show, bar, interrupted.token());
        show->close();
        return code;
    } catch (std::exception const& e) { // what was begun is ended, and the caller tells people
        bar.over();
        show->failed(e.what());
        show->close();
        throw;
    }
}

} // namespace exportd
