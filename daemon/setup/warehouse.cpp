#include "setup/warehouse.hpp"

#include "settings/conninfo_parts.hpp"
#include "settings/values.hpp"

#include <notes_export/dataset.hpp>

#include <cerrno>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

namespace exportd {

namespace {

using variables = std::map<std::string, std::string>;

constexpr std::chrono::seconds longest_question{30};
constexpr std::chrono::seconds longest_installation{3600}; ///< it makes indexes of large tables

/// Where the server is. The name of the database stands in a variable, as psql takes an argument with a '=' for a
/// connection string.
variables connection(setup_request const& asked, settings const& s) {
    variables found{
        {"PGDATABASE", asked.database}, {"PGCONNECT_TIMEOUT", "10"}, {"PGTARGETSESSIONATTRS", "read-write"}};
    auto const parts = conninfo_parts(s.database.conninfo);
    for (auto const& [keyword, variable] : {std::pair{"host", "PGHOST"}, std::pair{"hostaddr", "PGHOSTADDR"},
                                            std::pair{"port", "PGPORT"}, std::pair{"sslmode", "PGSSLMODE"}})
        if (auto const part = parts.find(keyword); part != parts.end())
            found.emplace(variable, part->second);
    return found;
}

program psql(file_owner const& who, variables const& where, std::vector<std::string> const& more) {
    program p{{"psql", "-X", "-w", "-v", "ON_ERROR_STOP=1"}, who, where, longest_question};
    p.words.insert(p.words.end(), more.begin(), more.end());
    return p;
}

program_result run_psql(program const& p) {
    try {
        return run_program(p);
    } catch (std::system_error const& e) {
        if (e.code() == std::errc::no_such_file_or_directory)
            throw setup_error{"there is no psql here: apt install postgresql-client"};
        throw setup_error{e.what()};
    }
}

std::vector<std::string> columns(std::string const& line) {
    std::vector<std::string> all;
    std::istringstream in{line.substr(0, line.find('\n'))};
    for (std::string column; std::getline(in, column, '\t');)
        all.push_back(column);
    return all;
}

struct answer {
    std::string owner;
    bool owner_can_do_it; ///< may make the exporter's role, or need not
    bool is_superuser;    ///< who asked
};

// The schema is a plain name, see parse_identifier().
std::string question(std::string const& schema) {
    auto const table = notes_export::standard_datasets().front().table;
    return "SELECT r.rolname, r.rolsuper OR r.rolcreaterole OR to_regrole('" + std::string{service_user_name} +
           "') IS NOT NULL, (SELECT me.rolsuper FROM pg_roles me WHERE me.rolname = current_user)"
           " FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = to_regclass('" +
           schema + '.' + table + "')";
}

answer ask(file_owner const& who, variables const& where, setup_request const& asked, settings const& s) {
    auto const r = run_psql(psql(who, where, {"-A", "-t", "-q", "-F", "\t", "-c", question(s.database.schema)}));
    if (!r.good())
        throw setup_error{"database " + in_quotes(asked.database) + " cannot be looked at as " + who.name + ": " +
                          r.last_line() +
                          ". Is PostgreSQL running, and the name right? Of a server elsewhere say where it is in "
                          "[database] conninfo, and set PGUSER and PGPASSWORD for this command"};
    auto const found = columns(r.output);
    if (found.size() != 3)
        throw setup_error{"database " + in_quotes(asked.database) + " has no table " + s.database.schema + '.' +
                          notes_export::standard_datasets().front().table +
                          ": is it the warehouse, and [database] schema right? Let the ETL run once, which makes the "
                          "tables"};
    return {found[0], found[1] == "t", found[2] == "t"};
}

// A user of this system with the owner's name, whom the server lets in as that role.
std::optional<file_owner> user_of(answer const& a, variables const& where) {
    auto const user = user_named(a.owner);
    if (!user || !a.owner_can_do_it)
        return std::nullopt;
    auto const r = run_psql(psql(*user, where, {"-A", "-t", "-q", "-c", "SELECT current_user"}));
    return r.good() && r.output == a.owner + '\n' ? user : std::nullopt;
}

std::vector<std::string> script(std::filesystem::path const& file, settings const& s) {
    return {"-v", "schema=" + s.database.schema, "-v", "channel=" + s.database.channel, "-f", file.string()};
}

} // namespace

warehouse find_warehouse(setup_request const& asked, setup_places const& places, settings const& s,
                         std::string const& administrator) {
    auto const where = connection(asked, s);
    auto const asking = user_named(administrator);
    if (!asking)
        throw setup_error{"there is no user " + administrator +
                          " here to prepare the database as. Let somebody who may run install.sql there (" +
                          (places.sql / "install.sql").string() + "), then start the service yourself"};
    auto const found = ask(*asking, where, asked, s);
    auto const owner = user_of(found, where);
    if (!owner && !found.is_superuser)
        throw setup_error{"the tables belong to role " + in_quotes(found.owner) +
                          ", for which there is no user here, and " + administrator +
                          " is no superuser of the server: let role " + in_quotes(found.owner) + " run " +
                          (places.sql / "install.sql").string()};
    auto const runner = owner.value_or(*asking);
    warehouse w{asked.database, found.owner, runner, psql(runner, where, script(places.sql / "install.sql", s)), ""};
    w.install.longest = longest_installation;
    auto const reverse =
        psql(runner, where, {"-v", "schema=" + s.database.schema, "-f", (places.sql / "uninstall.sql").string()});
    w.uninstall = reverse.text() + " (the role " + service_user_name + " stays)";
    return w;
}

std::string prepare(warehouse const& w) {
    auto const r = run_psql(w.install);
    std::string text;
    std::istringstream lines{r.errors};
    for (std::string line; std::getline(lines, line);)
        if (line.find("WARNING:") != std::string::npos || line.find("ERROR:") != std::string::npos ||
            line.find("HINT:") != std::string::npos)
            text += line + '\n';
    if (!r.good())
        throw setup_error{"install.sql failed and changed nothing: " + (text.empty() ? r.last_line() : text)};
    auto const said = r.output.find("osm-notes-exportd: ");
    return text + (said == std::string::npos ? "prepared" : r.output.substr(said, r.output.find('\n', said) - said));
}

} // namespace exportd
