// `setup` on a real server and real files; what it does with systemd is tested in a booted container (tests/package).
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/other_user.hpp"
#include "support/thrown_message.hpp"

#include "settings/load_settings.hpp"
#include "setup/run_steps.hpp"
#include "setup/steps.hpp"
#include "setup/warehouse.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace test {

namespace {

/// A warehouse that nobody has prepared, and places for setup.
struct setup_fixture : daemon_fixture {
    setup_fixture() : daemon_fixture{"plain"} {
        open_for_all(root.path());
        places.config_file = root / "exportd.conf";
        places.sql = readable_copy(EXPORTD_SOURCE_DIR "/sql", root.path());
        places.units = root / "units";
        places.state = root / "state";
        places.service_user = "nobody";
        asked = {db.name(), root / "www/json", false, {}};
        std::ofstream{places.config_file} << "[database]\n# Where it is.\nconninfo = host=" << test_database::host()
                                          << " user=osm_notes_exporter dbname=absent\n";
    }

    exportd::setup_places places;
    exportd::setup_request asked;

    bool skipped() const {
        bool const possible = other_user() && exportd::user_named("postgres");
        if (!possible)
            WARN("skipped: only root can become the administrator of the server");
        return !possible;
    }

    exportd::settings now() const {
        return exportd::load_settings(places.config_file, {}, [](std::string_view) { return std::nullopt; }).value;
    }
    std::vector<exportd::step> steps() const { return exportd::preparing_steps(asked, places, now()); }
    /// What is printed to stdout; all steps succeed.
    std::string set_up() const {
        std::ostringstream out, errors;
        bool const done = exportd::run_steps(steps(), out, errors);
        INFO(errors.str());
        REQUIRE(done);
        return out.str();
    }
    std::string refusal() const {
        return thrown_message([this] { (void)steps(); });
    }
};

} // namespace

TEST_CASE_METHOD(setup_fixture, "setup: a warehouse, a directory, a drop-in and a configuration that fit each other",
                 "[daemon][db]") {
    if (skipped())
        return;
    auto const said = set_up();
    INFO(said);
    CHECK(db.number("SELECT count(*) FROM pg_tables WHERE schemaname = 'dwh' AND tablename LIKE 'json\\_export\\_%'") ==
          3);
    CHECK(contains(said, "osm-notes-exportd: version "));
    CHECK(contains(said, "to reverse: sudo -u postgres "));
    CHECK(contains(said, "uninstall.sql"));
    CHECK(exportd::owner_of(asked.directory)->name == "nobody");
    CHECK(contains(read_file(places.drop_in()), "\nReadWritePaths=" + asked.directory.string() + '\n'));
    CHECK(contains(read_file(places.mirror_drop_in()),
                   "\nReadWritePaths=-" + (asked.directory / ".exportd/mirrors").string() + '\n'));
    CHECK(contains(said, "to reverse: rm " + places.drop_in().string() + " && rm " + places.mirror_drop_in().string() +
                             " && systemctl daemon-reload"));
    auto const inner = std::filesystem::status(asked.directory / ".exportd").permissions();
    CHECK(inner == std::filesystem::perms{0710}); // for mirrors, of the same group
    CHECK(contains(read_file(places.config_file), "# Where it is.\n"));
    CHECK(now().output.directory == asked.directory);
    CHECK(contains(read_file(places.config_file.string() + ".bak"), "dbname=absent"));
    // And it works.
    auto const name = places.config_file.string();
    auto const schemas = readable_copy(EXPORTD_SOURCE_DIR "/conf/schemas", root.path());
    child_process once{root / "once", {"once", "--config", name, "--set", "export.schema_dir=" + schemas.string()}};
    INFO(once.errors());
    CHECK(once.wait_exit() == 0);
    CHECK(exportd::owner_of(asked.directory / "metadata.json")->name == "nobody");
}

TEST_CASE_METHOD(setup_fixture, "setup: a second time nothing is changed but what has changed", "[daemon][db]") {
    if (skipped())
        return;
    set_up();
    auto const before = identity(places.config_file);
    auto again = set_up();
    CHECK(contains(again, "it is there, and belongs to nobody"));
    CHECK(contains(again, "says so already"));
    CHECK(identity(places.config_file) == before);
    auto const first = read_file(places.drop_in());
    asked.directory = root / "www/second";
    again = set_up();
    std::string undo;
    for (auto const& file : {places.drop_in(), places.mirror_drop_in()})
        undo += "mv " + file.string() + ".bak " + file.string() + " && ";
    CHECK(contains(again, "to reverse: " + undo + "systemctl daemon-reload\n"));
    CHECK(read_file(places.drop_in()) != first);
    CHECK(std::system((undo + "true").c_str()) == 0);
    CHECK(read_file(places.drop_in()) == first);
    CHECK(contains(read_file(places.mirror_drop_in()), "/www/json/"));
    asked.http = true;
    asked.directory = places.state / "json";
    again = set_up();
    CHECK(now().http.listen.text() == "127.0.0.1:9847");
    CHECK(contains(again, "removed " + places.drop_in().string())); // the service may write to its state directory
    CHECK_FALSE(std::filesystem::exists(places.drop_in()));
    CHECK_FALSE(std::filesystem::exists(places.mirror_drop_in()));
}

TEST_CASE_METHOD(setup_fixture, "setup: the version of the data format of the export script goes on", "[daemon][db]") {
    if (skipped())
        return;
    auto const in_tree = asked.directory / ".json_export_version";
    CHECK(contains(set_up(), "it begins at 1.0.0. To go on with that of the export script, type the same again with "
                             "--version-file FILE"));
    CHECK_FALSE(std::filesystem::exists(in_tree));
    asked.version_file = root / "checkout";
    CHECK(contains(refusal(), "--version-file: "));
    std::ofstream{asked.version_file} << "<html>\n";
    CHECK(contains(refusal(), "holds \"<html>"));
    std::ofstream{asked.version_file} << "1.4.2\n";

    std::ostringstream plan;
    exportd::print_steps(steps(), plan);
    CHECK(contains(plan.str(), "would do: install -m 644 -o nobody -g nobody " + asked.version_file.string() + ' ' +
                                   in_tree.string() + " (unless the tree has a higher one than 1.4.2)"));
    CHECK_FALSE(std::filesystem::exists(in_tree));

    auto const said = set_up();
    CHECK(contains(said, "the tree goes on with version 1.4.2"));
    CHECK(contains(said, "to reverse: rm " + in_tree.string() + ", before the first export"));
    CHECK(read_file(in_tree) == "1.4.2\n");
    CHECK(exportd::owner_of(in_tree)->name == "nobody");
    auto const before = identity(in_tree);
    CHECK(contains(set_up(), "the tree has version 1.4.2 already"));
    CHECK(identity(in_tree) == before);

    auto const schemas = readable_copy(EXPORTD_SOURCE_DIR "/conf/schemas", root.path());
    child_process once{
        root / "once",
        {"once", "--config", places.config_file.string(), "--set", "export.schema_dir=" + schemas.string()}};
    REQUIRE(once.wait_exit() == 0);
    CHECK(contains(read_file(asked.directory / "metadata.json"), "\"version\": \"1.4.2\""));
    std::filesystem::remove(in_tree); // the tree itself knows
    asked.version_file.clear();
    CHECK(contains(set_up(), "metadata.json in the tree says 1.4.2, and that goes on"));

    std::ofstream{in_tree} << "1.10.0\n"; // raised since
    CHECK(contains(set_up(), "nothing: it is in " + in_tree.string()));
    asked.version_file = root / "checkout";
    CHECK(contains(set_up(), "the tree has version 1.10.0 already"));
    std::ofstream{in_tree} << "1.0.0\n"; // begun by mistake
    CHECK(contains(set_up(), "the tree goes on with version 1.4.2"));

    std::filesystem::remove(in_tree); // a trap for root
    std::ofstream{root / "precious"} << "precious";
    std::filesystem::create_symlink(root / "precious", in_tree);
    std::ostringstream out, errors;
    CHECK_FALSE(exportd::run_steps(steps(), out, errors));
    CHECK(read_file(root / "precious") == "precious");
    std::filesystem::remove(in_tree);

    std::ofstream{places.config_file, std::ios::app} << "[output]\nversion_file = /opt/x\n";
    CHECK(contains(refusal(), "[output] version_file is /opt/x: write the version there"));
}

TEST_CASE_METHOD(setup_fixture, "setup --dry-run: looks, says what it would do, and changes nothing", "[daemon][db]") {
    if (skipped())
        return;
    auto const before = read_file(places.config_file);
    std::ostringstream out;
    exportd::print_steps(steps(), out);
    INFO(out.str());
    CHECK(contains(out.str(), "would do: sudo -u postgres PGCONNECT_TIMEOUT=10 PGDATABASE=" + db.name()));
    CHECK(contains(out.str(), "psql -X -w -v ON_ERROR_STOP=1 -v schema=dwh -v channel=osm_notes_export -f "));
    CHECK(contains(out.str(), "would do: install -d -o nobody -g nobody " + asked.directory.string()));
    CHECK(contains(out.str(), "would do: [database] conninfo: the database is \"" + db.name() + "\""));
    CHECK(read_file(places.config_file) == before);
    CHECK_FALSE(std::filesystem::exists(asked.directory));
    CHECK_FALSE(std::filesystem::exists(places.units));
    CHECK(db.number("SELECT count(*) FROM pg_class WHERE relname LIKE 'json\\_export\\_%'") == 0);
}

TEST_CASE_METHOD(setup_fixture, "setup: a user of this system with the owner's name runs install.sql", "[daemon][db]") {
    if (skipped())
        return;
    db.exec("DO $$ BEGIN CREATE ROLE daemon LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    db.exec("DO $$ DECLARE t record; BEGIN FOR t IN SELECT c.oid::regclass AS name FROM pg_class c"
            " WHERE c.relnamespace = 'dwh'::regnamespace AND c.relkind IN ('r', 'v', 'p') LOOP"
            " EXECUTE 'ALTER TABLE ' || t.name || ' OWNER TO daemon'; END LOOP; END $$");
    db.exec("ALTER SCHEMA dwh OWNER TO daemon");
    db.exec("DO $$ BEGIN CREATE ROLE osm_notes_exporter LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    std::string const before = std::getenv("PGUSER") == nullptr ? "" : std::getenv("PGUSER");
    ::unsetenv("PGUSER"); // it would name the administrator
    auto const w = exportd::find_warehouse(asked, places, now());
    ::setenv("PGUSER", before.c_str(), 1);
    CHECK(w.owner == "daemon");
    CHECK(w.runner.name == "daemon");
    CHECK(contains(w.install.text(), "sudo -u daemon "));
}

TEST_CASE_METHOD(setup_fixture, "setup: what is in the way is said before anything is changed", "[daemon][db]") {
    if (skipped())
        return;
    asked.database = "ab'sent \"one";
    CHECK(contains(refusal(), "database \"ab'sent \\\"one\" cannot be looked at as postgres: "));
    CHECK(contains(refusal(), "does not exist"));
    asked.database = db.name();
    places.service_user = "no_such_user";
    CHECK(contains(refusal(), "there is no user no_such_user"));
    places.service_user = "nobody";
    std::ofstream{root / "file"} << "x";
    asked.directory = root / "file";
    CHECK(contains(refusal(), "is a file, not a directory"));
    asked.directory = root / "www/json";
    db.exec("DROP TABLE dwh.datamartusers CASCADE");
    CHECK(contains(refusal(), "has no table dwh.datamartusers"));
    CHECK(contains(thrown_message([&] { exportd::find_warehouse(asked, places, now(), "no_such_user"); }),
                   "there is no user no_such_user here to prepare the database as"));
    std::string const path = std::getenv("PATH");
    ::setenv("PATH", root.path().c_str(), 1);
    CHECK(contains(refusal(), "there is no psql here: apt install postgresql-client"));
    ::setenv("PATH", path.c_str(), 1);
    CHECK_FALSE(std::filesystem::exists(root / "www"));
}

TEST_CASE_METHOD(setup_fixture, "setup: install.sql that fails tells why", "[daemon][db]") {
    if (skipped())
        return;
    auto const w = exportd::find_warehouse(asked, places, now());
    db.exec("ALTER TABLE dwh.datamartusers RENAME COLUMN username TO other");
    auto const why = thrown_message([&] { exportd::prepare(w); });
    CHECK(contains(why, "install.sql failed and changed nothing: "));
    CHECK(contains(why, "has no column \"username\""));
}

TEST_CASE_METHOD(setup_fixture, "setup: the command line, and who types it", "[daemon]") {
    auto const typed = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "setup");
        static int n = 0;
        child_process p{root / ("typed-" + std::to_string(n++)), std::move(words)};
        auto const status = p.wait_exit();
        return result{status.value_or(-1), p.output(), p.errors()};
    };
    auto r = typed({"--directory", "/srv/www/json"});
    CHECK(r.status == 64);
    CHECK(contains(r.errors, "setup: --database NAME is missing"));
    r = typed({"--database", "x", "--directory", "json"});
    CHECK(r.status == 64);
    CHECK(contains(r.errors, "is not an absolute path"));
    r = typed({"--database", "x", "--directory", "/"});
    CHECK(r.status == 64);
    r = typed({"--database", "x", "--directory", "/srv/www/json", "--config", "/x.conf"});
    CHECK(r.status == 78); // the file is read first
    r = typed({"--database", "x", "--directory", "/srv/www/json", "--set", "log.level=info"});
    CHECK(r.status == 64);
    CHECK(contains(r.errors, "--set is not in it"));
    auto const nobody = other_user();
    if (!nobody) {
        WARN("skipped: only root can become somebody else");
        return;
    }
    open_for_all(root.path());
    auto const as_user = exportd::run_program({{readable_copy(EXPORTD_BINARY, root.path()).string(), "setup",
                                                "--database", "my dwh", "--directory", "/srv/www/json", "--http"},
                                               nobody});
    CHECK(as_user.status == 77);
    CHECK(as_user.errors == "osm-notes-exportd: setup changes the system, so type: sudo osm-notes-exportd setup "
                            "--database 'my dwh' --directory /srv/www/json --http\n");
}

} // namespace test
