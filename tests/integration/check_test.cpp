// `check`: what it finds, how it says so, how it ends. Each finding is made by breaking what it is about.
#include "support/catch.hpp"
#include "support/check_fixture.hpp"
#include "support/other_user.hpp"
#include "support/thrown_message.hpp"

#include "setup/program.hpp"

#include <notes_export/check.hpp>

#include <fstream>
#include <rapidjson/document.h>
#include <sys/stat.h>

namespace test {

TEST_CASE_METHOD(check_fixture, "check: all is well", "[daemon][db]") {
    settings.http_listen = "127.0.0.1:0";
    auto const before = check();
    INFO(before.output << before.errors);
    CHECK(before.status == 0);
    CHECK(contains(before.output, "is not there yet; the first export makes it"));
    CHECK(contains(before.output, "everything is as an export needs it\n"));
    CHECK_FALSE(std::filesystem::exists(tree()));
    REQUIRE(run_command({"once"}).status == 0);
    auto const untouched = files();
    auto const after = check();
    INFO(after.output << after.errors);
    CHECK(after.status == 0);
    CHECK(contains(after.output, "ok       directory: " + tree().string() + ", of one file system, writable for "));
    CHECK(contains(after.output, "ok       rights: all "));
    CHECK(contains(after.output, "ok       install.sql: version "));
    CHECK(contains(after.output, "ok       triggers: all there and on\n"));
    CHECK(contains(after.output, "ok       notifications: "));
    CHECK(files() == untouched);
}

TEST_CASE_METHOD(check_fixture, "check: beside a running daemon it names that, and disturbs nothing", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const r = check();
    INFO(r.output);
    CHECK(r.status == 0);
    CHECK(contains(r.output, "ok       exporter: at work: "));
    CHECK(contains(r.output, std::to_string(daemon.process().pid())));
    run_cycle(daemon);
    CHECK(daemon.stop() == 0);
}

TEST_CASE_METHOD(check_fixture, "check --json: one object with every finding", "[daemon][db]") {
    db.exec("REVOKE UPDATE (json_exported) ON dwh.datamartusers FROM osm_notes_exporter");
    auto const r = check({"--json"});
    CHECK(r.status == 2);
    rapidjson::Document d;
    d.Parse(r.output.c_str());
    REQUIRE_FALSE(d.HasParseError());
    CHECK(d["result"] == "error");
    bool found = false;
    for (auto const& f : d["findings"].GetArray())
        if (f["severity"] == "error") {
            CHECK(f["subject"] == "rights");
            CHECK(contains(f["text"].GetString(), "lacks UPDATE (json_exported) on dwh.datamartusers"));
            CHECK_FALSE(std::string{f["remedy"].GetString()}.empty());
            found = true;
        }
    CHECK(found);
}

TEST_CASE_METHOD(check_fixture, "check: every right that is not granted is named", "[daemon][db]") {
    struct lost_right {
        std::string right, relation;
        int status;
    };
    for (auto const& [right, relation, status] :
         std::vector<lost_right>{{"SELECT", "datamartusers", 2},
                                 {"SELECT", "datamartcountries", 2},
                                 {"SELECT", "dimension_users", 2},
                                 {"SELECT", "contributor_types", 2},
                                 {"SELECT", "datamartglobal", 2},
                                 {"UPDATE (json_exported)", "datamartcountries", 2},
                                 {"SELECT", "json_export_log", 2},
                                 {"DELETE", "json_export_log", 2},
                                 {"INSERT (generation)", "json_export_state", 2},
                                 {"UPDATE (published_at)", "json_export_state", 2},
                                 {"INSERT", "json_export_runs", 1},
                                 {"DELETE", "json_export_runs", 1},
                                 {"SELECT", "json_export_status", 1}}) {
        auto const of = " ON dwh." + relation + " FROM osm_notes_exporter";
        db.exec("REVOKE " + right + of);
        finds(status, "rights: role osm_notes_exporter lacks " + right + " on dwh." + relation,
              "run install.sql, or let the owner of the tables GRANT " + right + " ON dwh." + relation +
                  " TO osm_notes_exporter");
        db.exec("GRANT " + right + " ON dwh." + relation + " TO osm_notes_exporter");
    }
    db.exec("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA dwh FROM osm_notes_exporter");
    finds(1, "lacks EXECUTE on function dwh.request_json_export", "run install.sql");
    db.exec("REVOKE USAGE ON SCHEMA dwh FROM osm_notes_exporter");
    finds(2, "lacks USAGE on schema dwh", "GRANT USAGE ON SCHEMA dwh TO osm_notes_exporter");
}

TEST_CASE_METHOD(check_fixture, "check: an index that is missing, or of no use, is named", "[daemon][db]") {
    auto const lost = [this](std::string const& table, std::string const& what) {
        finds(1,
              "warning  indexes: no valid index of dwh." + table + " finds " + what +
                  ": each cycle reads the whole table",
              "run install.sql");
    };
    CHECK(contains(check().output, "ok       indexes: all that an export looks for rows by\n"));
    db.exec("ALTER INDEX dwh.json_export_users_pending RENAME TO other");
    CHECK(check().status == 0);
    db.exec("DROP INDEX dwh.other");
    lost("datamartusers", "pending rows");
    db.exec("DROP INDEX dwh.json_export_countries_id");
    lost("datamartcountries", "rows by their id");
    db.exec("CREATE INDEX other ON dwh.datamartcountries (country_id, dimension_country_id)");
    CHECK_FALSE(contains(check().output, "finds rows by their id"));
    db.exec("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'dwh.other'::regclass");
    lost("datamartcountries", "rows by their id");
}

TEST_CASE_METHOD(check_fixture, "check: the version of install.sql is compared with the program's", "[daemon][db]") {
    CHECK(contains(read_file(EXPORTD_SOURCE_DIR "/sql/install.sql"),
                   "\n\\set install_version " + std::to_string(notes_export::current_install_version) + '\n'));
    auto const set = [this](int version) {
        db.exec("UPDATE dwh.json_export_state SET install_version = " + std::to_string(version));
    };
    set(0);
    finds(1, "warning  install.sql: the row in json_export_state was lost", "run install.sql");
    set(2);
    finds(1, "warning  install.sql: version 2 of install.sql ran here", "run install.sql");
    set(99);
    finds(1, "warning  install.sql: version 99 of install.sql ran here, this program knows ", "upgrade the package");
    db.exec("DELETE FROM dwh.json_export_state");
    finds(1, "warning  install.sql: the row in json_export_state was lost", "run install.sql");
}

TEST_CASE_METHOD(check_fixture, "check: lost and disabled triggers are named", "[daemon][db]") {
    db.exec("DROP TRIGGER json_export_deleted ON dwh.datamartusers");
    db.exec("ALTER TABLE dwh.datamartcountries DISABLE TRIGGER json_export_changed");
    finds(1, "warning  triggers: missing or off: ", "run install.sql");
    auto const said = check().output;
    CHECK(contains(said, "json_export_deleted"));
    CHECK(contains(said, "json_export_changed (disabled)"));
}

TEST_CASE("check: a warehouse without install.sql says so", "[daemon][db]") {
    test_database const plain{"plain"};
    temporary_directory const root;
    notes_export::export_config config;
    config.conninfo = plain.conninfo();
    config.directory = root / "json";
    auto const all = notes_export::examine_database(config);
    auto const says = [&](std::string const& text) {
        for (auto const& f : all)
            if (contains(f.text, text))
                return f.remedy;
        return std::string{"not found"};
    };
    CHECK(says("it did not run here") == "run install.sql");
    CHECK(notes_export::worst_of(all) != notes_export::severity::ok);
}

TEST_CASE_METHOD(check_fixture, "check: a role that may do too much, or has too few sessions", "[daemon][db]") {
    settings.conninfo = db.conninfo();
    finds(1, "warning  role: postgres may do more than an export needs: superuser", "use osm_notes_exporter");
    auto const role = "check_" + db.name();
    db.exec("CREATE ROLE " + role + " LOGIN CREATEROLE BYPASSRLS CONNECTION LIMIT 2 IN ROLE osm_notes_exporter");
    settings.conninfo = as_role(role);
    finds(2, "role: " + role + " may do more than an export needs: CREATEROLE, BYPASSRLS", "use osm_notes_exporter");
    finds(2, "the CONNECTION LIMIT of ROLE " + role + " is 2", "CONNECTION LIMIT 10");
    db.exec("DROP ROLE " + role);
}

TEST_CASE_METHOD(check_fixture, "check: row security that can hide rows", "[daemon][db]") {
    db.exec("ALTER TABLE dwh.datamartusers ENABLE ROW LEVEL SECURITY");
    finds(2, "row security of dwh.datamartusers applies to role osm_notes_exporter",
          "ALTER ROLE osm_notes_exporter BYPASSRLS; or as the owner: ALTER TABLE dwh.datamartusers DISABLE");
    auto const role = "check_" + db.name();
    db.exec("CREATE ROLE " + role + " LOGIN BYPASSRLS IN ROLE osm_notes_exporter");
    settings.conninfo = as_role(role);
    auto const r = check();
    INFO(r.output);
    CHECK_FALSE(contains(r.output, "row security"));
    CHECK_FALSE(contains(r.output, "BYPASSRLS"));
    db.exec("ALTER TABLE dwh.datamartusers DISABLE ROW LEVEL SECURITY");
    finds(1, "role: " + role + " may do more than an export needs: BYPASSRLS", "use osm_notes_exporter");
    db.exec("DROP ROLE " + role);
}

TEST_CASE_METHOD(check_fixture, "check: tables and schemas that are not there", "[daemon][db]") {
    db.exec("ALTER TABLE dwh.datamartglobal RENAME TO elsewhere");
    finds(2, "relation dwh.datamartglobal does not exist", "[database] conninfo");
    auto const r = check({"--set", "database.schema=absent"});
    CHECK(r.status == 2);
    CHECK(contains(r.output, "error    rights: schema absent does not exist"));
}

TEST_CASE_METHOD(check_fixture, "check: a connection that fails has its remedy", "[daemon][db]") {
    settings.conninfo = as_role("absent");
    finds(2, "error    connection: connect (check): ", "install.sql makes the role osm_notes_exporter");
    settings.conninfo = "host=" + test_database::host() + " user=osm_notes_exporter dbname=absent";
    finds(2, "error    connection: ", "psql -l");
    settings.conninfo = "host=" + root.path().string() + " dbname=absent password=sesame";
    finds(2, "error    connection: ", "is PostgreSQL running");
    CHECK_FALSE(contains(check().output, "sesame"));
    CHECK_FALSE(contains(check().output, "notifications"));
}

TEST_CASE_METHOD(check_fixture, "check: what is in the way in the tree is named", "[daemon][db]") {
    REQUIRE(run_command({"once"}).status == 0);
    std::filesystem::rename(tree() / "users", root / "users");
    std::filesystem::create_directory_symlink(root / "users", tree() / "users");
    finds(2, "error    directory: symbolic links in the place of directories, through which nothing is written: users",
          "move what they name here");
    std::filesystem::remove(tree() / "users");
    std::filesystem::rename(root / "users", tree() / "users");
    settings.directory = tree() / "metadata.json";
    finds(2, "error    directory: ", "");
    settings.directory = tree() / "metadata.json" / "below";
    finds(2, "metadata.json is not a directory, so ", "another place");
}

TEST_CASE_METHOD(check_fixture, "check: root's leftovers in a tree of somebody else are named", "[daemon][db]") {
    auto const nobody = other_user();
    if (!nobody) {
        WARN("skipped: only root can become somebody else");
        return;
    }
    open_for_all(root.path());
    settings.schema_dir = readable_copy(settings.schema_dir, root.path());
    std::filesystem::create_directory(tree());
    give(tree(), *nobody);
    REQUIRE(run_command({"once"}).status == 0);
    CHECK(check().status == 0);
    give(tree() / "countries", {});
    finds(2, "error    directory: nobody cannot replace files in what belongs to others: countries (root)",
          "chown -R nobody: " + tree().string());
    give(tree() / "countries", *nobody);
    give(tree() / ".exportd" / "lock", {});
    finds(2, "what belongs to others: .exportd/lock (root)", "chown -R");
    give(tree() / ".exportd" / "lock", *nobody);
    std::filesystem::permissions(tree(), std::filesystem::perms{0555});
    finds(2, "error    directory: nobody cannot write to " + tree().string(), "chmod u+rwx " + tree().string());
    std::filesystem::permissions(tree(), std::filesystem::perms{0});
    finds(2, "error    directory: nobody cannot open directory ", "chmod u+rwx " + tree().string());
    settings.directory = root / "absent" / "json";
    settings.write(root / "typed.conf");
    auto const r = exportd::run_program(
        {{readable_copy(EXPORTD_BINARY, root.path()).string(), "check", "--config", (root / "typed.conf").string()},
         *nobody});
    CHECK(r.status == 77); // root could make it
}

TEST_CASE_METHOD(check_fixture, "check: the log file is tried and not made", "[daemon][db]") {
    auto const log = root / "no" / "such" / "exportd.log";
    auto const with_log = [&](std::filesystem::path const& file) {
        return check({"--set", "log.file=" + file.string()});
    };
    auto r = with_log(log);
    CHECK(r.status == 2);
    CHECK(contains(r.output, "cannot write to " + log.string() + ": No such file or directory"));
    r = with_log(root / "exportd.log");
    CHECK(r.status == 0);
    CHECK(contains(r.output, "ok       log: "));
    CHECK_FALSE(std::filesystem::exists(root / "exportd.log"));
    r = with_log(root.path());
    CHECK(r.status == 2);
}

TEST_CASE_METHOD(check_fixture, "check: an address that somebody else has", "[daemon][db]") {
    settings.http_listen = "unix:" + (root / "http.sock").string();
    std::ofstream{root / "http.sock"} << "no socket";
    finds(2, "error    http: unix:" + (root / "http.sock").string() + " is in the place of something", "remove it");
    std::filesystem::remove(root / "http.sock");
    CHECK(check().status == 0);
    CHECK_FALSE(std::filesystem::exists(root / "http.sock"));
    settings.http_listen = "unix:" + (root / "absent" / "http.sock").string();
    finds(2, "http.sock cannot be made: No such file or directory", "/run/osm-notes-exportd");
}

} // namespace test
