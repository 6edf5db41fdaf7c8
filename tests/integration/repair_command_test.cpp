// verify: all differences, what it means when it cannot tell, and --repair.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/line_of.hpp"
#include "support/other_session.hpp"
#include "support/thrown_message.hpp"

#include <csignal>
#include <fstream>
#include <rapidjson/document.h>

namespace test {

namespace {

rapidjson::Document json(std::string const& text) {
    rapidjson::Document d;
    d.Parse(text.c_str(), text.size());
    INFO(text);
    REQUIRE_FALSE(d.HasParseError());
    REQUIRE(d.IsObject());
    return d;
}

} // namespace

TEST_CASE_METHOD(daemon_fixture, "verify --json: lists all differences, however many", "[command][db]") {
    db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
            " history_whole_closed) SELECT n, n, 'user ' || n, 1, 1 FROM generate_series(910001, 910250) n");
    run_command({"once"});
    CHECK(json(run_command({"verify", "--json"}).output)["clean"].GetBool());
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = 7 WHERE dimension_user_id > 910000");
    auto const r = run_command({"verify", "--json"});
    CHECK(r.status == 1);
    auto const d = json(r.output);
    CHECK(d["verified"].GetBool());
    CHECK_FALSE(d["clean"].GetBool());
    CHECK(d["difference_count"].GetInt() == 251); // and the index
    CHECK(d["pending"].GetInt() == 251);
    REQUIRE(d["differences"].Size() == 251);
    CHECK(d["differences"][0]["what"] == "differs");
    CHECK(d["differences"][0]["dataset"] == "users");
    CHECK(d["differences"][0]["id"].GetInt64() > 910'000);
    CHECK(d["differences"][0]["pending"].GetBool());
    CHECK(contains(run_command({"verify"}).output, "... and 151 more (verify --json lists all)\n"));
}

TEST_CASE_METHOD(daemon_fixture, "verify: exits 3 when it could not verify, and says why", "[command][db]") {
    run_command({"once"});
    std::string expected;
    SECTION("the database is not there") {
        settings.conninfo = "host=" + root.path().string() + " dbname=x";
        expected = "connect (";
    }
    SECTION("rights are missing") {
        db.exec("REVOKE ALL ON ALL TABLES IN SCHEMA dwh FROM osm_notes_exporter");
        settings.conninfo += " user=osm_notes_exporter";
        expected = "permission denied";
    }
    SECTION("a schema cannot be used") {
        std::filesystem::create_directories(root / "schemas");
        settings.schema_dir = root / "schemas";
        expected = "schema";
    }
    SECTION("there is no tree") {
        std::filesystem::rename(tree(), root / "elsewhere");
        expected = "json";
    }
    auto const r = run_command({"verify"});
    INFO(r.errors);
    CHECK(r.status == 3);
    CHECK(r.output.empty());
    CHECK(contains(r.errors, expected));
    auto const told = json(run_command({"verify", "--json"}).output);
    CHECK_FALSE(told["verified"].GetBool());
    CHECK(contains(told["error"].GetString(), expected));
    CHECK(told["differences"].Empty());
    db.exec("GRANT SELECT ON ALL TABLES IN SCHEMA dwh TO osm_notes_exporter");
}

TEST_CASE_METHOD(daemon_fixture, "verify: exits 3 when it is interrupted", "[command][db]") {
    run_command({"once"});
    other_session const session{db.conninfo(), "BEGIN; LOCK TABLE dwh.datamartusers IN ACCESS EXCLUSIVE MODE"};
    bool const as_json = GENERATE(false, true);
    settings.write(root / "verify.conf");
    std::vector<std::string> arguments{"verify", "--config", (root / "verify.conf").string()};
    if (as_json)
        arguments.emplace_back("--json");
    child_process command{root / "verify", arguments};
    CHECK(wait_until([&] { return db.somebody_waits(); }));
    command.signal(SIGINT);
    CHECK(command.wait_exit() == 3);
    if (as_json)
        CHECK_FALSE(json(command.output())["verified"].GetBool());
}

TEST_CASE_METHOD(daemon_fixture, "verify --repair: mends just what differs", "[command][db]") {
    run_command({"once"});
    auto const pristine = contents();
    auto before = files();
    std::ofstream{tree() / nth_user(0).path, std::ios::app} << ' ';
    std::filesystem::remove(tree() / nth_user(1).path);
    std::filesystem::create_directories(tree() / "users/0/0/1");
    std::filesystem::copy_file(tree() / nth_user(2).path, tree() / "users/0/0/1/1.json");
    std::ofstream{tree() / "indexes/countries.json"} << "[]\n";
    auto const r = run_command({"verify", "--repair"});
    INFO(r.output << r.errors);
    CHECK(r.status == 0);
    CHECK(line_of(r.output, "orphan ") == "orphan users/0/0/1/1.json");
    CHECK(line_of(r.output, "repaired: ") == "repaired: 4 files written, 1 removed (incremental: selected entities)");
    auto mended = contents();
    mended["metadata.json"] = pristine.at("metadata.json");
    CHECK(mended == pristine);
    for (auto const& path :
         {nth_user(0).path, nth_user(1).path, std::string{"indexes/countries.json"}, std::string{"metadata.json"}})
        before.erase(path);
    auto const after = files();
    for (auto const& [path, id] : before)
        CHECK(after.at(path) == id); // nothing else was touched
    CHECK(run_command({"verify"}).status == 0);
}

TEST_CASE_METHOD(daemon_fixture, "verify --repair: of a clean tree changes nothing", "[command][db]") {
    run_command({"once"});
    auto const before = files();
    auto const r = run_command({"verify", "--repair"});
    CHECK(r.status == 0);
    CHECK(r.output == "clean: 41 files checked, 0 differences\n");
    CHECK(files() == before);
}

TEST_CASE_METHOD(daemon_fixture, "verify --repair: a full export where nothing less will do", "[command][db]") {
    run_command({"once"});
    std::ofstream{tree() / "metadata.json"} << "{";
    auto const r = run_command({"verify", "--repair"});
    CHECK(r.status == 0);
    CHECK(contains(line_of(r.output, "repaired: "), "(full: metadata.json is damaged)"));
    CHECK(run_command({"verify"}).status == 0);
}

TEST_CASE_METHOD(daemon_fixture, "verify --repair: exits 1 when something is held back", "[command][db]") {
    run_command({"once"});
    std::string const bad = "UPDATE dwh.datamartusers SET history_whole_closed = -1 WHERE dimension_user_id = ";
    db.exec(bad + std::to_string(nth_user(0).key));
    std::ofstream{tree() / nth_user(1).path, std::ios::app} << ' ';
    auto const r = run_command({"verify", "--repair"});
    INFO(r.output);
    CHECK(r.status == 0); // a refused row is no difference: the old file is right to stay
    db.exec("TRUNCATE dwh.datamartusers");
    auto const held = run_command({"verify", "--repair"});
    CHECK(held.status == 1);
    CHECK(contains(held.output, "shrink guard: "));
    CHECK(line_of(held.output, "not everything could be repaired: ").empty() == false);
}

TEST_CASE_METHOD(daemon_fixture, "verify --repair: says at once what to type while the daemon runs",
                 "[command][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    std::ofstream{tree() / nth_user(0).path, std::ios::app} << ' ';
    auto const r = run_command({"verify", "--repair"});
    CHECK(r.status == 75);
    CHECK(r.output.empty());
    CHECK(contains(r.errors, "in use by process "));
    CHECK(contains(r.errors, "systemctl reload osm-notes-exportd"));
}

TEST_CASE_METHOD(daemon_fixture, "verify --repair --json: tells both", "[command][db]") {
    run_command({"once"});
    std::ofstream{tree() / nth_user(0).path, std::ios::app} << ' ';
    auto const d = json(run_command({"verify", "--repair", "--json"}).output);
    CHECK(d["difference_count"].GetInt() == 1);
    CHECK(d["repair"]["complete"].GetBool());
    CHECK(d["repair"]["reason"] == "selected entities");
    CHECK(d["repair"]["files_written"].GetInt() == 2);
}

} // namespace test
