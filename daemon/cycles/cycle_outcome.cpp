#include "cycles/cycle_outcome.hpp"

#include <notes_export/error.hpp>
#include <notes_export/remedy.hpp>
#include <notes_export/session.hpp>

#include <cerrno>

namespace exportd {

std::string describe(std::exception_ptr const& e) {
    try {
        std::rethrow_exception(e);
    } catch (notes_export::file_error const& known) {
        return known.what() + notes_export::remedy_remark(known.code().value(), known.path());
    } catch (std::exception const& known) {
        return known.what();
    } catch (...) {
        return "unknown error";
    }
}

// A cycle names the file that it was at, and the next one is at another: the disk, the limit of descriptors or the
// server's disk is the same.
std::string kind_of_failure(std::exception_ptr const& e) {
    try {
        std::rethrow_exception(e);
    } catch (std::system_error const& known) {
        for (int const of_the_system : {ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE, ENOMEM})
            if (known.code().value() == of_the_system)
                return "errno " + std::to_string(of_the_system);
    } catch (notes_export::database_error const& known) {
        if (known.sqlstate().starts_with("53")) // want of disk, memory, connections
            return "sqlstate " + known.sqlstate();
    } catch (...) { // told apart by its text
    }
    return describe(e);
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
