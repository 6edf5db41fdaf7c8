#include "pg/error.hpp"

#include <algorithm>
#include <libpq-fe.h>
#include <string>

namespace notes_export::pg {

namespace {

constexpr std::size_t sqlstate_length = 5;

std::string first_line(std::string_view text) {
    // libpq's messages end in a newline and may carry LINE/DETAIL lines, which can quote row contents.
    return std::string{text.substr(0, std::min(text.find('\n'), text.size()))};
}

std::string without_severity(std::string text) {
    for (std::string_view const severity : {"ERROR:  ", "FATAL:  ", "PANIC:  "})
        for (auto at = text.find(severity); at != std::string::npos; at = text.find(severity))
            text.erase(at, severity.size());
    return text;
}

// What an operator can do; the server's own words are of its own objects.
std::string_view remedy_for(std::string_view sqlstate, std::string_view message) {
    if (sqlstate == "42501" && message.find("row-level security") != std::string_view::npos)
        return " (a policy would hide rows: let the role have all of them, or BYPASSRLS)";
    if (sqlstate == "42501")
        return " (run sql/install.sql as the owner of the tables: it gives the role its rights)";
    if (sqlstate == "42P01" || sqlstate == "42703" || sqlstate == "42883")
        return " (osm-notes-exportd check names what is not there; "
               "if it is of install.sql, run that as the owner of the tables)";
    if (sqlstate == "28000")
        return " (run sql/install.sql if there is no such role; peer authentication wants an operating system user of "
               "the role's name)";
    if (sqlstate == "3D000")
        return " (see conninfo and read_conninfo of [database])";
    return "";
}

// Of a session that was not let in; what install.sql grants is of no use then.
std::string_view remedy_for_opening(std::string_view sqlstate, std::string_view message) {
    if (sqlstate == "42501")
        return " (the owner of the database must let the role in: GRANT CONNECT ON DATABASE)";
    if (sqlstate == "28000" && message.find("not permitted to log in") != std::string_view::npos)
        return " (an administrator must let the role log in: ALTER ROLE, LOGIN)";
    return remedy_for(sqlstate, message);
}

database_error with_code(std::string_view purpose, std::string const& message, std::string sqlstate, bool lost,
                         std::string_view remedy) {
    auto text = std::string{purpose} + ": " + message;
    if (!sqlstate.empty())
        text.append(" [").append(sqlstate).append("]").append(remedy);
    return {text, std::move(sqlstate), lost};
}

bool is_sqlstate(std::string_view text) {
    return text.size() == sqlstate_length &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

// "FATAL:  53300: too many ..." loses its code, whatever language the severity is in. libpq keeps no other trace of it.
std::string take_sqlstate(std::string& message) {
    constexpr std::string_view before = ":  ";
    constexpr std::string_view after = ": ";
    std::string sqlstate;
    for (auto at = message.find(before); at != std::string::npos; at = message.find(before, at + 1)) {
        auto const code = at + before.size();
        if (code + sqlstate_length + after.size() > message.size() ||
            message.compare(code + sqlstate_length, after.size(), after) != 0 ||
            !is_sqlstate(std::string_view{message}.substr(code, sqlstate_length)))
            continue;
        sqlstate = message.substr(code, sqlstate_length);
        message.erase(code, sqlstate_length + after.size());
    }
    return sqlstate;
}

// A line for each host, and perhaps a hint. There are no rows yet that it could quote.
std::string all_lines(std::string_view text) {
    std::string joined;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        if (!line.empty() && !line.starts_with("LOCATION:"))
            joined += (joined.empty() ? "" : " ") + std::string{line};
    }
    return joined;
}

} // namespace

database_error make_error(std::string_view purpose, pg_conn const* c, pg_result const* r) {
    char const* const state = r == nullptr ? nullptr : PQresultErrorField(r, PG_DIAG_SQLSTATE);
    char const* const primary = r == nullptr ? nullptr : PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    auto message = primary != nullptr ? primary : without_severity(first_line(PQerrorMessage(c)));
    if (message.empty())
        message = "libpq does not say why";
    std::string sqlstate{state == nullptr ? "" : state};
    auto const remedy = remedy_for(sqlstate, message);
    return with_code(purpose, message, std::move(sqlstate), PQstatus(c) != CONNECTION_OK, remedy);
}

database_error not_opened(std::string_view purpose, pg_conn const* c) {
    auto message = all_lines(c == nullptr ? "out of memory" : PQerrorMessage(c));
    auto sqlstate = take_sqlstate(message);
    message = without_severity(std::move(message));
    auto const remedy = remedy_for_opening(sqlstate, message);
    return with_code(purpose, message, std::move(sqlstate), true, remedy);
}

// Values that cannot be converted, printed or fetched; what a function of the view throws. All else is no row's fault.
bool is_of_a_row(database_error const& e) noexcept {
    if (e.connection_lost())
        return false;
    auto const& state = e.sqlstate();
    for (std::string_view const kind : {"22", "21", "2F", "38", "39", "54", "P0", "XX", "53200"})
        if (state.starts_with(kind))
            return true;
    return state.empty(); // libpq itself: out of memory, an answer that is too long
}

// libpq has no code for it, and its messages are not translated, as we set no locale.
bool is_for_want_of_memory(database_error const& e) noexcept {
    std::string_view const text{e.what()};
    return e.connection_lost() && e.sqlstate().empty() &&
           (text.find("cannot allocate memory") != std::string_view::npos ||
            text.find("out of memory") != std::string_view::npos);
}

} // namespace notes_export::pg
