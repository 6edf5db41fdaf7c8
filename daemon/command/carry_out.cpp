#include "command/carry_out.hpp"

#include "command/acting_user.hpp"
#include "command/command_table.hpp"
#include "command/commands.hpp"
#include "command/complaint.hpp"
#include "command/parse_command_line.hpp"
#include "command/standard_output.hpp"
#include "cycles/cycle_outcome.hpp"
#include "few_arenas.hpp"
#include "log/logging.hpp"
#include "signal_state.hpp"

#include <notes_export/error.hpp>

#include <cerrno>
#include <iostream>
#include <system_error>
#include <variant>

namespace exportd {

namespace {

// Where a failure is reported: the daemon has a log, the other commands have a person in front of them.
exit_code fail(command_line const& line, exit_code code, std::string_view text) {
    bool const tried = code != exit_code::locked && code != exit_code::wrong_user && code != exit_code::usage;
    if (line.name == command::verify && tried)
        code = exit_code::not_verified; // whatever it was: nothing is known of the tree
    if (line.name == command::mirror && code == exit_code::failure)
        code = exit_code::not_verified;
    if (line.name != command::run)
        return complain(code, text);
    logging::log(logging::level::error, "fatal", text, {{"exit_code", to_int(code)}});
    return code;
}

// The database knows roles, and files have owners: what is refused to one may be granted to another.
bool is_refusal(notes_export::database_error const& e) {
    return e.sqlstate().starts_with("28") || e.sqlstate() == "42501";
}
bool is_refusal(std::system_error const& e) {
    return e.code() == std::errc::permission_denied || e.code() == std::errc::operation_not_permitted;
}

/// The failure that is being handled; when somebody else had to type this: that instead.
template <class Error>
exit_code fail_or_advise(command_line const& line, loaded_settings const& loaded, exit_code code, Error const& e) {
    if (is_refusal(e))
        if (auto const advice = advice_after(line, loaded.value, e.what()))
            return fail(line, exit_code::wrong_user, *advice);
    return fail(line, code, describe(std::current_exception()));
}

// Only who has no person in front of him opens the log file: another user's process would make it, and shut it for the
// daemon.
logging::config log_of(command_line const& line, loaded_settings const& loaded) {
    auto log = loaded.value.log;
    if (!info_of(line.name).writes_log)
        log.file.clear();
    return log;
}

exit_code guarded(command_line const& line, loaded_settings const& loaded, execution execute) {
    try {
        act_as_owner(line, loaded.value);
        logging::configure(log_of(line, loaded));
        return execute(line, loaded);
    } catch (usage_error const& e) {
        return fail(line, exit_code::usage, e.what());
    } catch (wrong_user const& e) {
        return fail(line, exit_code::wrong_user, e.what());
    } catch (notes_export::lock_held const& e) {
        return fail(line, exit_code::locked, e.what());
    } catch (notes_export::schema_error const& e) {
        return fail(line, exit_code::configuration, e.what());
    } catch (notes_export::database_error const& e) {
        bool const unavailable =
            e.connection_lost() || e.sqlstate().starts_with("08") || e.sqlstate().starts_with("57P");
        return fail_or_advise(line, loaded, unavailable ? exit_code::database_unavailable : exit_code::failure, e);
    } catch (notes_export::cancelled const& e) {
        return fail(line, exit_code::failure, e.what());
    } catch (notes_export::request_refused const& e) {
        return fail(line, exit_code::failure, e.what());
    } catch (notes_export::validation_error const& e) {
        return fail(line, exit_code::failure, e.what());
    } catch (std::system_error const& e) {
        return fail_or_advise(line, loaded, exit_code_of(e), e);
    } catch (std::exception const& e) {
        return fail(line, exit_code::software, std::string{"internal error: "} + e.what());
    }
}

/// What the words ask for; when nothing is left to do but to exit: with which code.
std::variant<command_line, exit_code> read(std::span<char const* const> arguments) {
    try {
        auto line = parse_command_line(arguments);
        if (!line.print)
            return line;
        std::cout << *line.print << std::flush;
        return exit_code::success;
    } catch (usage_error const& e) {
        return complain(exit_code::usage, e.what());
    }
}

/// Whoever works with what was printed must not take a part of it for all. Who reads no further has had enough.
exit_code with_output(exit_code code, command asked, int error) {
    if (error == 0 || error == EPIPE)
        return code;
    complain(code, "write to standard output: " + std::generic_category().message(error));
    if (code != exit_code::success)
        return code;
    bool const tells_by_1 = asked == command::verify || asked == command::mirror;
    return tells_by_1 ? exit_code::not_verified : exit_code::failure;
}

} // namespace

exit_code carry_out(command_line const& line, execution execute) {
    auto const loaded = load_settings(line.config, line.sets, process_environment());
    for (auto const& m : loaded.mistakes)
        std::cerr << m.text() << '\n';
    if (!loaded.mistakes.empty())
        return line.name == command::status ? run_status_despite_mistakes(line, loaded) : exit_code::configuration;
    return guarded(line, loaded, execute);
}

int run_program(std::span<char const* const> arguments, exit_code (*asked)(command_line const&)) {
    use_few_arenas();
    try {
        reset_signals();
    } catch (std::system_error const& e) {
        return to_int(complain(exit_code::failure, e.what()));
    }
    standard_output out;
    auto const words = read(arguments);
    auto const* const line = std::get_if<command_line>(&words);
    auto const code = line != nullptr ? asked(*line) : std::get<exit_code>(words);
    return to_int(with_output(code, line != nullptr ? line->name : command::run, out.finish()));
}

} // namespace exportd
