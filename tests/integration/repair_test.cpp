// Whatever happens to the tree or to what is remembered of it: verify finds it and touches nothing, a full export mends
// it.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/error.hpp>

#include <algorithm>
#include <functional>

using namespace notes_export;
using test::contains;
using test::users_of;
namespace fs = std::filesystem;

namespace {

struct repair_fixture : test::export_fixture {
    repair_fixture() { run(); }

    user const u = nth_user(4);

    void write(std::string const& path, std::string const& text) const { std::ofstream{tree() / path} << text; }
    void alter(std::string const& path, std::string const& from, std::string const& to) const {
        auto text = file(path);
        auto const at = text.find(from);
        REQUIRE(at != std::string::npos);
        write(path, text.replace(at, from.size(), to));
    }

    /// Inode and times of everything below the root: directories and private files too.
    std::map<std::string, test::file_identity> everything() const {
        std::map<std::string, test::file_identity> found{{"", test::identity(tree())}};
        for (auto const& entry : fs::recursive_directory_iterator{tree()})
            found.emplace(fs::relative(entry.path(), tree()).string(), test::identity(entry.path()));
        return found;
    }

    std::string state_of_database() {
        return db.psql("SELECT dimension_user_id, xmin, json_exported FROM dwh.datamartusers ORDER BY 1;"
                       "SELECT * FROM dwh.json_export_state; SELECT * FROM dwh.json_export_log");
    }

    /// verify names exactly these files and leaves everything as it is.
    void found(std::vector<std::pair<std::string, drift::kind>> const& wanted) {
        auto const tree_before = everything();
        auto const database_before = state_of_database();
        auto const report = verify();
        CHECK(everything() == tree_before);
        CHECK(state_of_database() == database_before);
        CHECK(report.differences == wanted.size());
        for (auto const& [path, kind] : wanted) {
            INFO(path);
            CHECK(std::ranges::any_of(report.drifts,
                                      [&p = path, &k = kind](drift const& d) { return d.path == p && d.what == k; }));
        }
    }

    /// Every file has again the bytes that it had, and no other file is touched.
    void mended(std::map<std::string, std::string> const& before,
                std::map<std::string, test::file_identity> const& identities) {
        CHECK(verify().clean());
        auto after = contents();
        after["metadata.json"] = before.at("metadata.json"); // a new generation
        CHECK(after == before);
        for (auto const& [path, identity] : files())
            if (identities.contains(path) && identities.at(path) == identity)
                CHECK(file(path) == before.at(path));
    }
};

struct damage {
    std::string name;
    std::function<void(repair_fixture&)> cause;
    std::vector<std::pair<std::string, drift::kind>> drifts;
};

std::vector<damage> damages(repair_fixture const& f) {
    using enum drift::kind;
    auto const path = f.u.path;
    auto const same_length = [](repair_fixture& x) { x.alter(x.u.path, "\"user_id\"", "\"user_iD\""); };
    return {
        {"profile missing",
         [path](repair_fixture& x) { fs::remove(x.tree() / path); },
         {{path, missing}, {"metadata.json", differs}}},
        {"profile altered, same length", same_length, {{path, differs}}},
        {"profile truncated", [path](repair_fixture& x) { fs::resize_file(x.tree() / path, 100); }, {{path, differs}}},
        {"profile emptied", [path](repair_fixture& x) { fs::resize_file(x.tree() / path, 0); }, {{path, differs}}},
        {"profile longer", [path](repair_fixture& x) { x.write(path, x.file(path) + "\n"); }, {{path, differs}}},
        {"orphan",
         [](repair_fixture& x) {
             fs::create_directories(x.tree() / "users/0/3/9");
             x.write("users/0/3/9/12345.json", "{}\n");
         },
         {{"users/0/3/9/12345.json", orphan}, {"metadata.json", differs}}},
        {"index altered",
         [](repair_fixture& x) { x.alter("indexes/users.json", "\"user_id\"", "\"user_iD\""); },
         {{"indexes/users.json", differs}}},
        {"index missing",
         [](repair_fixture& x) { fs::remove(x.tree() / "indexes/countries.json"); },
         {{"indexes/countries.json", missing}}},
        {"all indexes missing",
         [](repair_fixture& x) { fs::remove_all(x.tree() / "indexes"); },
         {{"indexes/users.json", missing}, {"indexes/countries.json", missing}}},
        {"global file altered",
         [](repair_fixture& x) { x.write("global_stats.json", "{\"a\": 1}\n"); },
         {{"global_stats.json", differs}}},
        {"metadata missing",
         [](repair_fixture& x) { fs::remove(x.tree() / "metadata.json"); },
         {{"metadata.json", missing}}},
        {"metadata emptied", [](repair_fixture& x) { x.write("metadata.json", ""); }, {{"metadata.json", differs}}},
        {"metadata with another total",
         [](repair_fixture& x) { x.alter("metadata.json", "\"total_users\": 30", "\"total_users\": 31"); },
         {{"metadata.json", differs}}},
        {"metadata with another schema version",
         [](repair_fixture& x) { x.alter("metadata.json", "\"schema_version\": \"1", "\"schema_version\": \"2"); },
         {{"metadata.json", differs}}},
        {"metadata with a date that is not its time",
         [](repair_fixture& x) { x.alter("metadata.json", "\"export_date\": \"2", "\"export_date\": \"1"); },
         {{"metadata.json", differs}}},
        {"metadata laid out differently",
         [](repair_fixture& x) { x.alter("metadata.json", "{\n  ", "{\n\n  "); },
         {{"metadata.json", differs}}},
        {"metadata of a year with five digits",
         [](repair_fixture& x) { x.alter("metadata.json", "\"export_timestamp\": ", "\"export_timestamp\": 99999"); },
         {{"metadata.json", differs}}},
        {"metadata with the last possible generation",
         [](repair_fixture& x) { x.alter("metadata.json", "\"generation\": ", "\"generation\": 1844674407370955161"); },
         {{"metadata.json", differs}}},
    };
}

} // namespace

TEST_CASE_METHOD(repair_fixture, "repair: each damage is found without a write, and mended by a full export",
                 "[repair][db]") {
    for (auto const& d : damages(*this)) {
        INFO(d.name);
        auto const before = contents();
        d.cause(*this);
        auto const identities = files();
        found(d.drifts);
        run(true);
        mended(before, identities);
        auto const quiet = files();
        run(true);
        CHECK(test::touched(quiet, files()).empty());
    }
}

TEST_CASE_METHOD(repair_fixture, "repair: what nobody asked for is mended when full_interval is over", "[repair][db]") {
    auto const before = contents();
    auto const identities = files();
    fs::remove(tree() / u.path);
    exporter e{config()};
    e.run({});
    CHECK_FALSE(has(u.path)); // an incremental cycle does not look at what is not pending
    auto c = config();
    c.full_interval = std::chrono::seconds{1};
    e.reconfigure(c);
    std::ofstream{tree() / ".exportd/last_full"} << "1\n";
    CHECK(e.run({}).reason == "full_interval");
    mended(before, identities);
}

TEST_CASE_METHOD(
    repair_fixture,
    "repair: a deleted private directory costs a full export and a generation, with which the feed begins anew",
    "[repair][db]") {
    auto const before = files();
    fs::remove_all(tree() / ".exportd");
    CHECK(verify().clean());
    CHECK(read_status(config()).holder.empty());
    CHECK(run().mode == cycle_mode::full);
    CHECK(test::touched(before, files()) == std::set<std::string>{"metadata.json"});
    CHECK(run().mode == cycle_mode::incremental);
}

TEST_CASE_METHOD(repair_fixture, "repair: a private directory that is deleted while an exporter holds it is made anew",
                 "[repair][db]") {
    exporter e{config()};
    e.run({});
    std::string place;
    SECTION("all of it") {
        place = ".exportd";
    }
    SECTION("staging") {
        place = ".exportd/staging";
    }
    SECTION("the lock") {
        place = ".exportd/lock";
    }
    fs::remove_all(tree() / place);
    change_user(u.key, 4711);
    auto const report = e.run({});
    CHECK(users_of(report).exported == 1);
    CHECK(report.reason == "directory was replaced");
    CHECK_THROWS_AS(exporter{config()}, lock_held);
    CHECK(verify().clean());
    CHECK(e.run({}).mode == cycle_mode::incremental);
}

TEST_CASE_METHOD(repair_fixture, "repair: a nonsense version in both places becomes the first one", "[repair][db]") {
    alter("metadata.json", "\"version\": \"1.0.0\"", "\"version\": \"nonsense\"");
    write(".json_export_version", "\x1b[31mred\n");
    auto const report = run(true);
    CHECK(report.version == "1.0.0");
    CHECK(contains(file("metadata.json"), "\"version\": \"1.0.0\""));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(repair_fixture, "repair: a refused row that was not pending becomes pending, and the index agrees",
                 "[repair][db]") {
    db.exec("ALTER TABLE dwh.datamartusers DISABLE TRIGGER json_export_changed;" // so that nothing flags it
            "UPDATE dwh.datamartusers SET history_whole_closed = -1 WHERE dimension_user_id = " +
            std::to_string(u.key) + "; ALTER TABLE dwh.datamartusers ENABLE ALWAYS TRIGGER json_export_changed");
    bool kept = true;
    SECTION("its file is there") {}
    SECTION("its file is gone") {
        kept = false;
        fs::remove(tree() / u.path);
    }
    exporter e{config()};
    CHECK(e.run({.full = true}).quarantined.size() == 1);
    CHECK(db.pending() == 1);
    change_user(nth_user(0).key, 4711);
    auto const next = e.run({}); // makes the index once more
    CHECK(next.quarantined.empty());
    CHECK(users_of(next).quarantined == 1);
    CHECK(users_of(next).published == (kept ? 30 : 29));
    CHECK(contains(file("indexes/users.json"), "{\"user_id\":" + std::to_string(u.id) + ",") == kept);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(repair_fixture, "repair: the index of a refused row says what its old profile says, in its old place",
                 "[repair][db]") {
    auto const before = file("indexes/users.json");
    auto const set = [&](std::string const& assignment) {
        db.exec("UPDATE dwh.datamartusers SET " + assignment + " WHERE dimension_user_id = " + std::to_string(u.key));
    };
    exporter e{config()};
    e.run({});
    SECTION("its entry would not fit either") {
        set("username = NULL, history_whole_open = 99999999");
    }
    SECTION("its entry would fit") {
        set("avg_days_to_resolution = 'NaN', history_whole_open = 99999999");
    }
    SECTION("its entry would be the last one") {
        set("avg_days_to_resolution = 'NaN', history_whole_open = NULL, history_whole_closed = NULL");
    }
    CHECK(e.run({}).quarantined.size() == 1);
    CHECK(file("indexes/users.json") == before);
    CHECK(verify().differences == 0);

    change_user(nth_user(0).key, 77777777); // another row moves to the front, it stays
    e.run({});
    auto const after = file("indexes/users.json");
    CHECK(after.starts_with("[{\"user_id\":" + std::to_string(nth_user(0).id) + ","));
    auto const entry = "{\"user_id\":" + std::to_string(u.id) + ",";
    auto const old = before.substr(before.find(entry), before.find('}', before.find(entry)) - before.find(entry) + 1);
    CHECK(contains(after, old));
    CHECK(verify().clean());

    set("username = 'mended', history_whole_open = 1, history_whole_closed = 1, avg_days_to_resolution = 1");
    CHECK(users_of(e.run({})).exported == 1);
    CHECK(contains(file("indexes/users.json"), entry + "\"username\":\"mended\""));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(repair_fixture, "repair: a refused row whose old profile is damaged has no entry in the index",
                 "[repair][db]") {
    db.exec("UPDATE dwh.datamartusers SET username = NULL WHERE dimension_user_id = " + std::to_string(u.key));
    std::string const damaged = GENERATE("", "{", "[]", "{\"user_id\":1}", "{\"user_id\":1} {}");
    write(u.path, damaged);
    run();
    CHECK_FALSE(contains(file("indexes/users.json"), "\"user_id\":" + std::to_string(u.id) + ","));
    CHECK(file(u.path) == damaged);
    CHECK(verify().clean());
}
