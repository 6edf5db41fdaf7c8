// What a cycle would do: the same as it then does, and nothing is touched before.
#include "support/catch.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"
#include "support/tree_contents.hpp"

#include <notes_export/error.hpp>
#include <notes_export/preview.hpp>

#include <algorithm>
#include <chrono>
#include <set>

using namespace notes_export;

namespace {

struct looking : test::export_fixture {
    export_config settings = config();

    struct plan {
        std::set<std::string> written, removed;
        cycle_report report;
    };

    plan look(cycle_request const& request = {}) {
        plan p;
        cycle_observer o;
        o.planned = [&](std::string_view path, bool removed) {
            CHECK((removed ? p.removed : p.written).emplace(path).second);
        };
        p.report = preview(settings, request, o);
        CHECK(p.report.files_written == counted(p.written));
        CHECK(p.report.files_removed == counted(p.removed));
        return p;
    }
    /// A cycle counts neither the version file nor the change feed.
    static std::size_t counted(std::set<std::string> const& paths) {
        return static_cast<std::size_t>(std::ranges::count_if(paths, [](std::string const& path) {
            return path != ".json_export_version" && !path.starts_with("changes/");
        }));
    }
    /// Everything below the root, private files as well.
    std::map<std::string, test::file_identity> everything() const {
        std::map<std::string, test::file_identity> found;
        if (std::filesystem::exists(tree()))
            for (auto const& entry : std::filesystem::recursive_directory_iterator{tree()})
                found.emplace(entry.path().string(), test::identity(entry.path()));
        return found;
    }
    std::string database() {
        return db.value(
            "SELECT md5(string_agg(t, ',')) FROM (SELECT (u.xmin, u.*)::text AS t FROM dwh.datamartusers u"
            " UNION ALL SELECT (c.xmin, c.*)::text FROM dwh.datamartcountries c UNION ALL"
            " SELECT l::text FROM dwh.json_export_log l UNION ALL SELECT s::text FROM dwh.json_export_state s"
            " UNION ALL SELECT r::text FROM dwh.json_export_runs r ORDER BY 1) AS x (t)");
    }
    /// What the cycle then touched and removed is what was foretold, and until then nothing was.
    void require_true(cycle_request const& request) {
        auto const untouched = everything();
        auto const rows = database();
        auto const foretold = look(request);
        CHECK(everything() == untouched);
        CHECK(database() == rows);
        auto const before = std::filesystem::exists(tree()) ? files() : std::map<std::string, test::file_identity>{};
        auto const report = exporter{settings}.run(request);
        auto const after = files();
        std::set<std::string> written, removed;
        for (auto const& path : test::touched(before, after))
            (after.contains(path) ? written : removed).insert(path);
        CHECK(foretold.written == written);
        CHECK(foretold.removed == removed);
        CHECK(foretold.report.mode == report.mode);
        CHECK(foretold.report.reason == report.reason);
        CHECK(foretold.report.generation == report.generation);
        for (std::size_t i = 0; i < report.datasets.size(); ++i) {
            CHECK(foretold.report.datasets[i].exported == report.datasets[i].exported);
            CHECK(foretold.report.datasets[i].removed == report.datasets[i].removed);
            CHECK(foretold.report.datasets[i].shrink_refused == report.datasets[i].shrink_refused);
            CHECK(foretold.report.datasets[i].total == report.datasets[i].total);
        }
    }
};

} // namespace

TEST_CASE_METHOD(looking, "preview: a first export, of a directory that is not there", "[preview][db]") {
    CHECK_FALSE(std::filesystem::exists(tree()));
    auto const p = look();
    CHECK_FALSE(std::filesystem::exists(tree()));
    CHECK(p.report.mode == cycle_mode::full);
    CHECK(p.written.size() == 30 + 6 + 2 + 2 + 1 + 1);
    CHECK(p.removed.empty());
    require_true({});
}

TEST_CASE_METHOD(looking, "preview: nothing to do", "[preview][db]") {
    run();
    auto const p = look();
    CHECK(p.written.empty());
    CHECK(p.removed.empty());
    CHECK(p.report.reason == "nothing pending");
    require_true({});
}

TEST_CASE_METHOD(looking, "preview: changes and removals are those of the cycle that follows", "[preview][db]") {
    run();
    change_user(nth_user(3).key, 4711);
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(5).key));
    db.exec("UPDATE dwh.datamartcountries SET history_whole_closed = -1 WHERE dimension_country_id = 1"); // refused
    cycle_request request;
    SECTION("of an incremental cycle") {}
    SECTION("of a full one") {
        std::filesystem::remove(tree() / nth_user(7).path);
        request.full = true;
    }
    SECTION("of selected entities") {
        request.only = entity_selection{{"users", {nth_user(3).id}}};
    }
    require_true(request);
}

TEST_CASE_METHOD(looking, "preview: twins, the published feed and the version file are told of too", "[preview][db]") {
    for (auto const how : all_compressions)
        settings.twins.kinds.add(how);
    settings.feed.publish = true;
    SECTION("of a first export") {}
    SECTION("of changes and removals") {
        exporter{settings}.run({});
        change_user(nth_user(3).key, 4711);
        db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(5).key));
    }
    SECTION("of a feed whose lists are too old") {
        exporter{settings}.run({});
        for (int open : {1, 2}) {
            change_user(nth_user(3).key, open);
            exporter{settings}.run({});
        }
        auto const list = tree() / "changes" / "000" / "000" / "001.json";
        std::filesystem::last_write_time(list, std::filesystem::file_time_type::clock::now() - std::chrono::hours{999});
        change_user(nth_user(3).key, 3);
    }
    require_true({});
}

TEST_CASE_METHOD(looking, "preview: the guards say what they would say", "[preview][db]") {
    run();
    db.exec("TRUNCATE dwh.datamartusers");
    CHECK(look({.full = true}).report.datasets.at(0).shrink_refused == 30);
    CHECK(look({.full = true, .allow_shrink = true}).removed.size() == 30);
    require_true({.full = true});
    require_true({.full = true, .allow_shrink = true});
}

TEST_CASE_METHOD(looking, "preview: works beside an exporter that holds tree and database", "[preview][db]") {
    exporter e{config()};
    e.run({});
    change_user(nth_user(3).key, 4711);
    CHECK(look().written.contains(nth_user(3).path));
    CHECK(test::users_of(e.run({})).exported == 1);
}

TEST_CASE_METHOD(looking, "preview: says so when something was published meanwhile", "[preview][db]") {
    exporter e{config()};
    e.run({});
    change_user(nth_user(3).key, 4711);
    cycle_observer o;
    bool published = false;
    o.planned = [&](std::string_view, bool) {
        if (!std::exchange(published, true))
            e.run({});
    };
    auto const message = test::thrown_message([&] { preview(config(), {}, o); });
    CHECK(test::contains(message, "published something meanwhile, so that nothing certain can be said"));
    CHECK_THROWS_AS(
        [&] {
            change_user(nth_user(4).key, 4711);
            published = false;
            preview(config(), {}, o);
        }(),
        lock_held);
}

TEST_CASE_METHOD(looking, "preview: leaves nothing among the temporary files", "[preview][db]") {
    test::temporary_directory temporary;
    ::setenv("TMPDIR", temporary.path().c_str(), 1);
    look({.full = true});
    ::unsetenv("TMPDIR");
    CHECK(std::filesystem::is_empty(temporary.path()));
}

TEST_CASE_METHOD(looking, "progress: rows of all datasets, of a full export and of verify", "[progress][db]") {
    std::vector<work_progress> told;
    cycle_observer o;
    o.progress = [&](work_progress const& p) { told.push_back(p); };
    exporter{config(), o}.run({});
    REQUIRE_FALSE(told.empty());
    CHECK(told.front().now == phase::detect);
    CHECK(told.front().of == 0);
    CHECK(told.back().now == phase::mark);
    CHECK(told.back().of == static_cast<std::uint64_t>(db.number("SELECT (SELECT count(*) FROM dwh.datamartusers) +"
                                                                 " (SELECT count(*) FROM dwh.datamartcountries)")));
    CHECK(told.back().done == told.back().of);
    for (std::size_t i = 1; i < told.size(); ++i)
        CHECK(told[i].done >= told[i - 1].done);

    told.clear();
    verify_observer v;
    v.progress = [&](work_progress const& p) { told.push_back(p); };
    notes_export::verify(config(), {}, v);
    REQUIRE_FALSE(told.empty());
    CHECK(told.front().of == 36);
    CHECK(told.back().done >= 36);
}

TEST_CASE_METHOD(looking, "progress: is told about ten times a second at most", "[progress][db]") {
    db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
            " history_whole_closed) SELECT n, n, 'user ' || n, 1, 1 FROM generate_series(910001, 914000) n");
    std::size_t told = 0;
    cycle_observer o;
    o.progress = [&](work_progress const&) { ++told; };
    auto const begin = std::chrono::steady_clock::now();
    exporter{config(), o}.run({});
    auto const tenths = (std::chrono::steady_clock::now() - begin) / std::chrono::milliseconds{100};
    CHECK(told <= static_cast<std::size_t>(tenths) + phase_count + 1);
}
