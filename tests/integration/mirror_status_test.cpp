// Mirrors, the hook and the files of one row, as `status`, page and metrics of a real daemon show them.
#include "support/catch.hpp"
#include "support/line_of.hpp"
#include "support/parsed_json.hpp"
#include "support/served_daemon.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/mirror_state.hpp>

#include <chrono>
#include <csignal>
#include <fstream>
#include <rapidjson/document.h>

namespace test {

namespace {

std::int64_t unix_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

struct mirror_fixture : served_fixture {
    notes_export::mirror_state mirror;

    mirror_fixture() {
        mirror.name = "github";
        mirror.kind = "git";
        mirror.url = "https://example.org/<b>.git";
        mirror.generation = mirror.tree_generation = 1;
        mirror.generation_time = mirror.written = unix_now();
        mirror.steps = 1;
    }
    std::filesystem::path file_of_mirror() const { return tree() / ".exportd" / "mirrors" / (mirror.name + ".json"); }
    /// As a mirror does: a reader never sees half of it.
    void tell(std::string const& text) const {
        std::filesystem::create_directories(file_of_mirror().parent_path());
        std::ofstream{file_of_mirror().string() + ".new"} << text;
        std::filesystem::rename(file_of_mirror().string() + ".new", file_of_mirror());
    }
    void tell() const { tell(mirror.text()); }
    void fail() {
        mirror.error = "push to https://example.org/x.git: no route to host";
        mirror.error_kind = "unreachable";
        mirror.errors = 3;
        mirror.error_since = mirror.behind_since = unix_now() - 120;
        mirror.tree_generation = 4;
    }
    result status() { return run_command({"status"}); }
    result status_becomes(int code, std::string const& text) {
        result last{};
        wait_until([&] {
            last = status();
            return last.status == code && contains(last.output, text);
        });
        return last;
    }
};

} // namespace

TEST_CASE_METHOD(mirror_fixture, "mirror status: one that is current is shown everywhere, and all is well",
                 "[mirror][http][db]") {
    start_settled();
    tell();
    REQUIRE(becomes("mirror_up{mirror=\"github\"}", 1));
    CHECK(metric("mirror_generation{mirror=\"github\"}") == 1);
    CHECK(metric("mirror_lag_seconds{mirror=\"github\"}") == 0);
    CHECK(metric("mirror_errors_total{mirror=\"github\"}") == 0);
    CHECK(metric("mirror_failing{mirror=\"github\"}") == 0);
    CHECK(metric("mirror_last_step_timestamp_seconds{mirror=\"github\"}") ==
          static_cast<double>(mirror.generation_time));
    CHECK(contains(get("/metrics").body, "# TYPE osmnotes_export_mirror_errors_total counter"));
    auto const page = get("/").body;
    CHECK(contains(page, "<th scope=\"row\">github</th><td><span class=\"good\">current</span></td>"));
    CHECK(contains(page, "&lt;b&gt;.git"));
    auto const r = status_becomes(0, "Up to date");
    CHECK(r.status == 0);
    CHECK(contains(line_of(r.output, "Mirror"), "github: current, generation 1 since "));
    auto const d = parsed(run_command({"status", "--json"}).output);
    CHECK(d["mirrors"][0]["state"] == "current");
    CHECK(d["daemon"]["mirrors"][0]["name"] == "github");
}

TEST_CASE_METHOD(mirror_fixture,
                 "mirror status: one that fails makes status exit 1, with since when, why and what to do",
                 "[mirror][http][db]") {
    start_settled();
    fail();
    tell();
    REQUIRE(becomes("mirror_failing{mirror=\"github\"}", 1));
    CHECK(metric("mirror_errors_total{mirror=\"github\"}") == 3);
    CHECK(metric("mirror_lag_seconds{mirror=\"github\"}").value_or(0) >= 120);
    auto const r = status_becomes(1, "Copies behind");
    CHECK(r.status == 1);
    CHECK(contains(r.output, "           mirror github fails since 2"));
    CHECK(contains(r.output, "no route to host (it is tried again by itself; journalctl -u "
                             "osm-notes-exportd-mirror@github)"));
    CHECK(wait_until([&] { return contains(get("/").body, "<p class=\"word\">Copies behind</p>"); }));
    CHECK(contains(get("/").body, "<span class=\"bad\">failing</span>"));
    auto const d = parsed(get("/status.json").body);
    CHECK(d["state"] == "copies");
    CHECK(d["ready"].GetBool()); // the tree itself is current
    CHECK(d["mirrors"][0]["error_kind"] == "unreachable");
    mirror.error.clear();
    mirror.behind_since = 0;
    tell();
    CHECK(status_becomes(0, "Up to date").status == 0);
}

TEST_CASE_METHOD(mirror_fixture,
                 "mirror status: one that stopped says how to forget it, and is forgotten with its file",
                 "[mirror][http][db]") {
    start_settled();
    mirror.written -= 181;
    tell();
    REQUIRE(becomes("mirror_up{mirror=\"github\"}", 0));
    auto const r = status_becomes(1, "mirror github has not run since 2");
    CHECK(r.status == 1);
    CHECK(contains(r.output, "if it is not in the configuration any more, remove " + file_of_mirror().string()));
    std::filesystem::remove(file_of_mirror());
    CHECK(wait_until([&] { return !metric("mirror_up{mirror=\"github\"}"); }));
    CHECK(status_becomes(0, "Up to date").status == 0);
    CHECK_FALSE(contains(get("/").body, "id=\"mirrors\""));
}

TEST_CASE_METHOD(mirror_fixture, "mirror status: with neither daemon nor database a mirror is still told",
                 "[mirror][http][db]") {
    run_command({"once"});
    fail();
    tell();
    settings.conninfo = "host=" + root.path().string() + " user=nobody dbname=none";
    auto const r = status();
    CHECK(r.status == 2);
    CHECK(contains(line_of(r.output, "Mirror"), "github: failing, generation 1 since "));
    auto const d = parsed(run_command({"status", "--json"}).output);
    CHECK(d["mirrors"][0]["state"] == "failing");
    CHECK(contains(d["mirrors"][0]["problem"].GetString(), "no route to host"));
    CHECK_FALSE(std::string{d["database_problem"].GetString()}.empty());
}

TEST_CASE_METHOD(mirror_fixture, "mirror status: a hostile file stays text, and a damaged one is named",
                 "[mirror][http][db]") {
    start_settled();
    fail();
    mirror.error = "<script>alert(1)</script>\n\x1b[2J\nosmnotes_export_mirror_up 5";
    tell();
    REQUIRE(wait_until([&] { return contains(get("/").body, "&lt;script&gt;"); }));
    CHECK_FALSE(contains(get("/").body, "<script>alert"));
    auto const r = status_becomes(1, "<script>");
    CHECK(r.output.find('\x1b') == std::string::npos);
    CHECK_FALSE(metric("mirror_up"));
    tell("{}");
    CHECK(status_becomes(1, "github.json is no state of a mirror").status == 1);
}

TEST_CASE_METHOD(mirror_fixture, "mirror status: the value that the viewer needs is missed, and its coming seen",
                 "[mirror][http][db]") {
    settings.more = "[export]\nvalidation = off\n";
    db.exec("UPDATE dwh.datamartglobal SET resolution_rate = NULL");
    start_settled();
    REQUIRE(becomes("unusable_documents", 1));
    auto const r = status_becomes(0, "Up to date, with remarks");
    CHECK(contains(line_of(r.output, "Unusable"), "global_stats.json: resolution_rate has no value"));
    auto const d = parsed(run_command({"status", "--json"}).output);
    CHECK(d["unusable_documents"][0]["path"] == "global_stats.json");
    CHECK(d["daemon"]["unusable_documents"][0]["path"] == "global_stats.json");
    db.exec("UPDATE dwh.datamartglobal SET resolution_rate = 7");
    serve(*daemon);
    CHECK(becomes("unusable_documents", 0));
}

TEST_CASE_METHOD(mirror_fixture, "mirror status: a document that is refused is told as long as it is",
                 "[mirror][http][db]") {
    start_settled();
    db.exec("UPDATE dwh.datamartglobal SET resolution_rate = NULL");
    serve(*daemon);
    REQUIRE(becomes("unusable_documents", 2));
    CHECK(status_becomes(0, "global_stats.json does not fit").status == 0);
    serve(*daemon); // a cycle that finds nothing new does not forget it
    CHECK(metric("unusable_documents") == 2);
    db.exec("UPDATE dwh.datamartglobal SET resolution_rate = 7");
    serve(*daemon);
    CHECK(becomes("unusable_documents", 0));
}

TEST_CASE_METHOD(mirror_fixture, "hook status: a command that fails is told since when, until it succeeds or is gone",
                 "[hook][http][db]") {
    settings.more = "[hooks]\nafter_publish = printf 'fatal: \\033[31mno <b>route\\n'; exit 3\n";
    start_settled();
    REQUIRE(becomes("hook_failing", 1));
    auto const r = status_becomes(1, "after_publish fails since 2");
    CHECK(contains(line_of(r.output, "Daemon"), "Copies behind"));
    CHECK(contains(line_of(r.output, "Hook"), "; last line: fatal: \\x1b[31mno <b>route"));
    auto const d = parsed(get("/status.json").body);
    CHECK(d["hook"]["last_line"] == "fatal: \\x1b[31mno <b>route");
    CHECK(contains(get("/").body, "; its last line: fatal: \\x1b[31mno &lt;b&gt;route"));
    CHECK_FALSE(d["hook"]["failing_since"].IsNull());
    CHECK_FALSE(std::string{d["hook"]["problem"].GetString()}.empty());
    CHECK(contains(get("/").body, "after_publish fails since 2"));
    settings.more = "";
    settings.write(daemon->config_file());
    daemon->process().signal(SIGHUP);
    CHECK(becomes("hook_failing", 0));
    CHECK(status_becomes(0, "Up to date").status == 0);
}

} // namespace test
