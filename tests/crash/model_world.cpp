#include "crash/model_world.hpp"

#include "crash/model_session.hpp"

#include <cstdlib>
#include <random>
#include <stdexcept>

namespace model {

namespace {

// What a table can be filled from again, whatever columns it has by then.
constexpr auto memory = "CREATE SCHEMA model;"
                        "CREATE TABLE model.users AS SELECT * FROM dwh.datamartusers;"
                        "CREATE TABLE model.countries AS SELECT * FROM dwh.datamartcountries;"
                        "CREATE TABLE model.global AS SELECT * FROM dwh.datamartglobal;"
                        "CREATE TABLE model.types AS SELECT * FROM dwh.contributor_types;"
                        "CREATE TABLE model.view AS SELECT pg_get_viewdef('dwh.datamartusers_export') AS definition;"
                        "CREATE TYPE model.mood AS ENUM ('glad', 'sad');"
                        "CREATE TYPE model.pair AS (one integer, two text);";

// What stands in the way of a change of a table is taken away, and put back in the same transaction.
constexpr auto view_helpers =
    "CREATE TABLE model.taken (kind text, definition text);"
    "CREATE FUNCTION model.take_view() RETURNS void LANGUAGE plpgsql AS $$ DECLARE k text; BEGIN DELETE FROM"
    " model.taken; INSERT INTO model.taken SELECT CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END,"
    " pg_get_viewdef(oid) FROM pg_class WHERE oid = to_regclass('dwh.datamartusers_export') RETURNING kind INTO k;"
    " IF k IS NOT NULL THEN EXECUTE 'DROP ' || k || ' dwh.datamartusers_export'; END IF; END $$;"
    "CREATE FUNCTION model.put_view() RETURNS void LANGUAGE plpgsql AS $$ DECLARE v model.taken; BEGIN"
    " SELECT * INTO v FROM model.taken; IF v.kind IS NULL THEN RETURN; END IF;"
    " EXECUTE 'CREATE ' || v.kind || ' dwh.datamartusers_export AS ' || v.definition;"
    " IF v.kind <> 'VIEW' THEN CREATE UNIQUE INDEX ON dwh.datamartusers_export (dimension_user_id); END IF; END $$";

constexpr auto partition =
    "DROP VIEW dwh.datamartusers_export;"
    "ALTER TABLE dwh.datamartusers RENAME TO datamartusers_plain;"
    "CREATE TABLE dwh.datamartusers (LIKE dwh.datamartusers_plain INCLUDING DEFAULTS)"
    " PARTITION BY RANGE (dimension_user_id);"
    "CREATE TABLE dwh.datamartusers_p1 PARTITION OF dwh.datamartusers FOR VALUES FROM (MINVALUE) TO (20);"
    "CREATE TABLE dwh.datamartusers_p2 PARTITION OF dwh.datamartusers FOR VALUES FROM (20) TO (40);"
    "CREATE TABLE dwh.datamartusers_p3 PARTITION OF dwh.datamartusers FOR VALUES FROM (40) TO (MAXVALUE);"
    "ALTER TABLE dwh.datamartusers ADD PRIMARY KEY (dimension_user_id);"
    "INSERT INTO dwh.datamartusers SELECT * FROM dwh.datamartusers_plain;"
    "DROP TABLE dwh.datamartusers_plain;"
    "DO $$ BEGIN EXECUTE 'CREATE VIEW dwh.datamartusers_export AS ' || (SELECT definition FROM model.view); END $$";

constexpr auto materialize = "DROP VIEW dwh.datamartusers_export;"
                             "DO $$ BEGIN EXECUTE 'CREATE MATERIALIZED VIEW dwh.datamartusers_export AS '"
                             " || (SELECT definition FROM model.view); END $$;"
                             "CREATE UNIQUE INDEX ON dwh.datamartusers_export (dimension_user_id)";

void require(session& s, std::string const& sql) {
    if (!s.exec(sql))
        throw std::runtime_error{sql + ": " + s.error()};
}

} // namespace

shape shape::from(std::uint64_t seed) {
    std::mt19937_64 random{seed};
    auto const one_in = [&random](std::uint64_t n) { return random() % n == 0; };
    shape s;
    s.installed = !one_in(3);
    s.partitioned = one_in(4);
    if (one_in(3))
        s.view = one_in(2) ? "materialized" : "";
    s.daemon = one_in(2);
    s.exporter_role = s.installed && one_in(2);
    return s;
}

std::string shape::text() const {
    return std::string{installed ? "with" : "without"} + " install.sql, datamartusers " +
           (partitioned ? "partitioned" : "plain") + ", export view " + (view.empty() ? "none" : view) + ", " +
           (daemon ? "daemon" : "once") + (exporter_role ? " as osm_notes_exporter" : " as superuser");
}

std::string shape::template_name() const {
    return std::string{"model_"} + (installed ? "installed" : "plain") + (partitioned ? "_partitioned" : "") +
           (view == "view" ? ""
            : view.empty() ? "_table"
                           : "_" + view);
}

std::string install_command() {
    return "psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 -f " EXPORTD_SOURCE_DIR "/sql/install.sql";
}

// Prepared transactions need a restart.
world::world() {
    m_cluster.set("max_prepared_transactions", "20");
    m_cluster.stop("fast");
    m_cluster.start();
}

void world::shell(std::string const& database, std::string const& command) const {
    auto const all = "env PGHOST=" + m_cluster.host() + " PGUSER=postgres PGDATABASE=" + database + " sh -c '" +
                     command + "' >/dev/null";
    if (std::system(all.c_str()) != 0)
        throw std::runtime_error{"failed: " + all};
}

void world::copy_database(std::string const& from, std::string const& to) {
    session s{conninfo("postgres")};
    require(s, "DROP DATABASE IF EXISTS " + to + " WITH (FORCE)");
    require(s, "CREATE DATABASE " + to + " TEMPLATE " + from);
}

std::string world::template_for(shape const& s) {
    auto const name = s.template_name();
    if (!m_templates.contains(name))
        make_template(s);
    m_templates.insert(name);
    return name;
}

void world::make_template(shape const& s) {
    auto const name = s.template_name();
    copy_database("plain", name);
    shell(name,
          "psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 -v users=45 -v countries=10 -v awkward=1 -f " EXPORTD_SOURCE_DIR
          "/tests/support/generate.sql");
    {
        session db{conninfo(name)};
        require(db, memory);
        require(db, view_helpers);
        if (s.partitioned)
            require(db, partition);
        if (s.view == "materialized")
            require(db, materialize);
        else if (s.view.empty())
            require(db, "DROP VIEW dwh.datamartusers_export");
    }
    if (s.installed)
        shell(name, install_command());
}

} // namespace model
