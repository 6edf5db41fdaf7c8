#pragma once

#include "cycles/tree_figures.hpp"

#include <notes_export/exporter.hpp>

#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace exportd {

/// How one cycle ended: a report, or an error with what is known of the cycle.
struct cycle_outcome {
    notes_export::cycle_report report;
    std::exception_ptr error;        ///< null: success
    std::exception_ptr reconfigured; ///< null: new settings, if any, were taken over
    std::exception_ptr recorded;     ///< null: the statistics row, if any, was written
    tree_figures figures;
    std::optional<notes_export::publication> published;       ///< the newest, of this cycle or of an earlier one
    std::vector<notes_export::quarantined_row> in_quarantine; ///< after a success: some of those rows
    std::vector<notes_export::run_status> earlier;            ///< once: earlier runs, newest first
    std::exception_ptr earlier_unknown;                       ///< null: they, if any, could be read
};

/// How many runs, and rows in quarantine, are kept to be looked at.
inline constexpr int remembered_runs = 100;
inline constexpr std::size_t remembered_refusals = 100;

/// The message of an exception, for a record, with what can be done about it.
std::string describe(std::exception_ptr const& e);
/// The same for all failures of one cause, such as a full disk, whichever file or row they happen to meet.
std::string kind_of_failure(std::exception_ptr const& e);
/// Had server or role no room for a session that the cycle needed?
bool lacked_a_session(std::exception_ptr const& error);
/// Did the cycle do anything that belongs into the statistics?
bool worth_recording(notes_export::cycle_report const& report);

} // namespace exportd
