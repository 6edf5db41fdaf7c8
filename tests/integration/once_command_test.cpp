// The options of once: what would be done, single entities, JSON.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/line_of.hpp"
#include "support/thrown_message.hpp"

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

std::size_t lines_that_begin(std::string const& text, std::string const& begin) {
    std::istringstream lines{text};
    std::size_t n = 0;
    for (std::string line; std::getline(lines, line);)
        n += line.starts_with(begin) ? 1U : 0U;
    return n;
}

std::size_t lines_that_contain(std::string const& text, std::string const& part) {
    std::istringstream lines{text};
    std::size_t n = 0;
    for (std::string line; std::getline(lines, line);)
        n += contains(line, part) ? 1U : 0U;
    return n;
}

} // namespace

TEST_CASE_METHOD(daemon_fixture, "once --dry-run: lists what would be done and makes nothing", "[command][db]") {
    auto const first = run_command({"once", "--dry-run"});
    CHECK(first.status == 0);
    CHECK(first.errors.empty());
    CHECK(lines_that_begin(first.output, "write ") == 42);
    CHECK(line_of(first.output, "write .") == "write .json_export_version");
    CHECK(line_of(first.output, "would ") ==
          "would write 41 files and remove 0 (full: tree is empty), beside 1 of version and change feed;"
          " nothing was changed");
    CHECK_FALSE(std::filesystem::exists(tree()));
    CHECK(db.number("SELECT count(*) FROM dwh.datamartusers WHERE json_exported") == 0);

    run_command({"once"});
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(5).key));
    change_user(nth_user(3).key, 4711);
    auto const before = files();
    auto const r = run_command({"once", "--dry-run"});
    CHECK(line_of(r.output, "write users/") == "write " + nth_user(3).path);
    CHECK(lines_that_begin(r.output, "remove users/") == 1);
    CHECK(line_of(r.output, "write indexes/users.json") == "write indexes/users.json");
    CHECK(line_of(r.output, "would ") ==
          "would write 3 files and remove 1 (incremental: changes); nothing was changed");
    CHECK(files() == before);
    CHECK(db.pending() == 1);
}

TEST_CASE_METHOD(daemon_fixture, "once: the log file has what monitoring looks for", "[command][db]") {
    auto const log = root / "exportd.log";
    auto const run = [&](std::vector<std::string> more) {
        more.insert(more.end(), {"--set", "log.file=" + log.string(), "--set", "log.format=text"});
        return run_command(more);
    };
    CHECK(run({"once"}).errors.empty());
    CHECK(lines_that_contain(read_file(log), "JSON export completed successfully. Duration: ") == 1);
    CHECK(run({"once"}).status == 0); // nothing to do is a success as well
    CHECK(lines_that_contain(read_file(log), "completed successfully") == 2);
    CHECK(run({"once", "--set", "database.schema=absent"}).status != 0);
    CHECK(lines_that_contain(read_file(log), "completed successfully") == 2);
    CHECK(lines_that_contain(read_file(log), "event=cycle_failed") == 1);
    CHECK(run_command({"once"}).errors.empty()); // without a file nobody is told twice
}

TEST_CASE_METHOD(daemon_fixture, "once --dry-run: works beside the daemon", "[command][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const r = run_command({"once", "--dry-run", "--full"});
    CHECK(r.status == 0);
    CHECK(r.output == "would write 0 files and remove 0 (full: requested); nothing was changed\n");
}

TEST_CASE_METHOD(daemon_fixture, "once --dry-run --json: one object", "[command][db]") {
    run_command({"once"});
    change_user(nth_user(3).key, 4711);
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(5).key));
    auto const r = run_command({"once", "--dry-run", "--json"});
    auto const d = json(r.output);
    CHECK(d["dry_run"].GetBool());
    CHECK(d["result"] == "success");
    CHECK(d["mode"] == "incremental");
    CHECK(d["files_written"].GetInt() == 3);
    CHECK(d["files_removed"].GetInt() == 1);
    REQUIRE(d["changes"].Size() == 4);
    CHECK(d["changes"][0]["action"] == "write");
    CHECK(d["changes"][0]["path"].GetString() == nth_user(3).path);
    CHECK(d["changes"][3]["action"] == "remove");
}

TEST_CASE_METHOD(daemon_fixture, "once --dry-run --json: has its end also when it fails", "[command][db]") {
    run_command({"once"});
    db.exec("REVOKE ALL ON ALL TABLES IN SCHEMA dwh FROM osm_notes_exporter");
    settings.conninfo += " user=osm_notes_exporter";
    auto const r = run_command({"once", "--dry-run", "--json"});
    CHECK(r.status == 1);
    auto const d = json(r.output);
    CHECK(d["result"] == "failure");
    CHECK(contains(d["error"].GetString(), "permission denied"));
    CHECK(contains(r.errors, "permission denied"));
    db.exec("GRANT SELECT ON ALL TABLES IN SCHEMA dwh TO osm_notes_exporter");
}

TEST_CASE_METHOD(daemon_fixture, "once --json: one object, of a success and of a failure", "[command][db]") {
    auto const d = json(run_command({"once", "--json"}).output);
    CHECK(d["result"] == "success");
    CHECK(d["error"] == "");
    CHECK(d["mode"] == "full");
    CHECK(d["generation"].GetInt() == 1);
    CHECK(d["files_written"].GetInt() == 41);
    REQUIRE(d["datasets"].Size() == 2);
    CHECK(d["datasets"][0]["name"] == "users");
    CHECK(d["datasets"][0]["exported"].GetInt() == 30);
    CHECK(d["datasets"][0]["marked"].GetInt() >= 30);
    CHECK(d["datasets"][0]["shards_written"].GetInt() == 0);
    CHECK(d["datasets"][0]["shards_removed"].GetInt() == 0);
    CHECK(d["phases_ms"].HasMember("read"));

    db.exec("UPDATE dwh.datamartusers SET history_whole_closed = -1 WHERE dimension_user_id = " +
            std::to_string(nth_user(0).key));
    auto const refused = json(run_command({"once", "--json"}).output);
    REQUIRE(refused["quarantine"].Size() == 1);
    CHECK(refused["quarantine"][0]["id"].GetInt64() == nth_user(0).id);

    auto const r = run_command({"once", "--full", "--json", "--set", "export.validation=strict"});
    CHECK(r.status == 1);
    auto const failed = json(r.output);
    CHECK(failed["result"] == "failure");
    CHECK(contains(failed["error"].GetString(), "does not fit"));
    CHECK(contains(r.errors, "does not fit"));
}

TEST_CASE_METHOD(daemon_fixture, "once --id: only these entities", "[command][db]") {
    run_command({"once"});
    for (int n = 0; n < 4; ++n)
        change_user(nth_user(n).key, 4711);
    auto const r = run_command(
        {"once", "--id", "users:" + std::to_string(nth_user(0).id), "--id", "users:" + std::to_string(nth_user(2).id)});
    CHECK(r.status == 0);
    CHECK(line_of(r.output, "users: ") == "users: 2 exported, 0 unchanged, 0 removed, 0 quarantined, 2 rows marked");
    CHECK(contains(line_of(r.output, "JSON export"), "(incremental: selected entities)"));
    CHECK(db.pending() == 2);
}

TEST_CASE_METHOD(daemon_fixture, "once --id: says of one that does not exist that it does not", "[command][db]") {
    run_command({"once"});
    auto const gone = nth_user(5);
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(gone.key));
    auto const of_gone = run_command({"once", "--id", "users:" + std::to_string(gone.id)});
    CHECK_FALSE(contains(of_gone.output, "does not exist")); // its file did, and goes
    CHECK_FALSE(has(gone.path));
    auto const told =
        "users 999999 does not exist: there is no row with user_id = 999999 in datamartusers, and no file";
    auto const r = run_command({"once", "--id", "users:999999"});
    CHECK(r.status == 0);
    CHECK(line_of(r.output, "warning: ") == "warning: " + std::string{told});
    auto const d = json(run_command({"once", "--json", "--id", "users:999999"}).output);
    REQUIRE(d["warnings"].Size() == 1);
    CHECK(contains(run_command({"once", "--dry-run", "--id", "users:999999"}).output, told));
    CHECK_FALSE(contains(run_command({"once", "--id", "users:" + std::to_string(nth_user(0).id)}).output, "warning"));
}

TEST_CASE_METHOD(daemon_fixture, "once --id: a dataset that is not there, and a bad number, are usage errors",
                 "[command][db]") {
    for (std::string const id : {"user:5", "users:x", "users:0", "planets:1"}) {
        auto const r = run_command({"once", "--id", id});
        INFO(r.errors);
        CHECK(r.status == 64);
        CHECK(r.output.empty());
        CHECK(r.errors.starts_with("osm-notes-exportd: --id \"" + id + "\""));
        CHECK(std::count(r.errors.begin(), r.errors.end(), '\n') == 1);
    }
    CHECK(contains(run_command({"once", "--id", "user:5"}).errors, "did you mean \"users\"?"));
    CHECK_FALSE(std::filesystem::exists(tree()));
}

TEST_CASE_METHOD(daemon_fixture, "once --id: says so when a full export is owed", "[command][db]") {
    auto const r = run_command({"once", "--id", "users:" + std::to_string(nth_user(0).id)});
    CHECK(r.status == 1);
    CHECK(
        contains(r.errors, "before the full export that is owed: tree is empty (run: osm-notes-exportd once --full)"));
    CHECK_FALSE(has("metadata.json"));
}

} // namespace test
