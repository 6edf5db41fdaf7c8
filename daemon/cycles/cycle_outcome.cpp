#include "cycles/cycle_outcome.hpp"

#include <notes_export/error.hpp>
#include <notes_export/session.hpp>

namespace exportd {

std::string describe(std::exception_ptr const& e) {
    try {
        std::rethrow_exception(e);
    } catch (std::exception const& known) {
        return known.what();
    } catch (...) {
        return "unknown error";
    }
}

bool lacked_a_session(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (notes_export::database_error const& e) {
        return e.sqlstate() == notes_export::too_many_sessions;
    } catch (...) { // whatever else it is was told, and is not for want of a session
        return false;
    }
}

bool worth_recording(notes_export::cycle_report const& report) {
    return report.published || report.marked() > 0 || !report.quarantined.empty() ||
           report.mode == notes_export::cycle_mode::full;
}

} // namespace exportd
