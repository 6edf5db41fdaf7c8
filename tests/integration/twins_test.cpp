// Precompressed twins of published files: there with their file, the same as it, and gone with it.
#include "support/catch.hpp"

#include "compress/brotli.hpp"
#include "compress/gzip.hpp"
#include "feed/parse.hpp"
#include "support/feed_follower.hpp"
#include "support/thrown_message.hpp"
#include "support/twin_files.hpp"

#include <notes_export/preview.hpp>

#include <algorithm>
#include <fstream>
#include <set>

using namespace notes_export;
namespace fs = std::filesystem;

namespace {

using paths = std::vector<std::string>;
paths const none;

compressions both() {
    compressions all;
    all.add(compression::gzip);
    all.add(compression::brotli);
    return all;
}

compressions only(compression how) {
    compressions one;
    one.add(how);
    return one;
}

struct twins_fixture : test::export_fixture {
    export_config settings = config();
    test::feed_follower follower;

    twins_fixture() { settings.twins.kinds = both(); }

    cycle_report cycle(bool full = false) { return exporter{settings}.run({.full = full}); }
    verify_report look() const { return notes_export::verify(settings); }
    test::tree_contents now() const { return test::contents_of(tree()); }
    /// Each file has its twins, they are its own, the feed tells of them, and verify finds nothing.
    void all_is_well() {
        auto const tree_now = now();
        CHECK(test::false_twins(tree_now) == none);
        CHECK(test::without_twins(tree_now, settings.twins.kinds) == none);
        follows();
        CHECK(look().clean());
    }
    void follows() {
        CHECK(follower.follow(tree()).empty());
        CHECK(test::differences(follower.copy, test::feed_follower::public_files(tree())) == none);
    }
    void write(std::string const& path, std::string const& bytes) const {
        fs::create_directories((tree() / path).parent_path());
        std::ofstream{tree() / path, std::ios::binary} << bytes;
    }
    std::set<std::string> twins() const {
        std::set<std::string> found;
        for (auto const& [path, bytes] : now())
            if (twin_at(path))
                found.insert(path);
        return found;
    }
    /// What a verification finds of this path, in words.
    static std::string found(verify_report const& report, std::string const& path) {
        for (auto const& d : report.drifts)
            if (d.path == path)
                return std::string{to_string(d.what)};
        return "nothing";
    }
};

} // namespace

TEST_CASE_METHOD(twins_fixture, "twins: a first export gives every file its twins", "[twins][db]") {
    auto const report = cycle();
    all_is_well();
    auto const all = now();
    auto const profiles = static_cast<std::size_t>(std::ranges::count_if(
        all, [](auto const& f) { return f.first.starts_with("users/") || f.first.starts_with("countries/"); }));
    CHECK(profiles > 60);
    CHECK(all.contains("indexes/users.json.br"));
    CHECK(all.contains("global_stats.json.gz"));
    CHECK_FALSE(all.contains("metadata.json.gz"));
    CHECK_FALSE(all.contains(".json_export_version.gz"));
    CHECK(all.at("indexes/users.json.gz") == gzip(all.at("indexes/users.json")));
    CHECK(report.files_written == all.size() - 1); // but the version file
    CHECK(settings.directory == tree());
}

TEST_CASE_METHOD(twins_fixture, "twins: none are made unless they are asked for", "[twins][db]") {
    settings.twins.kinds = {};
    cycle();
    CHECK(twins().empty());
    CHECK_FALSE(has(".exportd/twins"));
}

TEST_CASE_METHOD(twins_fixture, "twins: levels are those of the configuration, and of indexes at most brotli's 9",
                 "[twins][db]") {
    settings.twins.gzip_level = 12;
    settings.twins.brotli_level = 11;
    cycle();
    auto const u = nth_user(3);
    CHECK(file(u.path + ".gz") == gzip(file(u.path), 12));
    CHECK(file(u.path + ".br") == brotli(file(u.path), 11));
    CHECK(file("indexes/users.json.br") == brotli(file("indexes/users.json"), 9));
    all_is_well();
}

TEST_CASE_METHOD(twins_fixture, "twins: the feed tells which there may be", "[twins][db]") {
    auto const told = [&] { return feed::parse_state(file(".exportd/changes/state.json")).value().twins; };
    cycle();
    CHECK(told() == both());
    settings.twins.kinds = only(compression::gzip);
    cycle();
    CHECK(told() == only(compression::gzip));
    settings.twins.kinds = {};
    cycle();
    CHECK(twins().empty());
    CHECK(told() == compressions{});
}

TEST_CASE_METHOD(twins_fixture, "twins: a change replaces those of its file and touches no others", "[twins][db]") {
    cycle();
    follows();
    auto const u = nth_user(3);
    auto const before = files();
    change_user(u.key, 4711);
    cycle();
    std::set<std::string> expected{"metadata.json"};
    for (std::string const& path : {u.path, std::string{"indexes/users.json"}})
        for (auto const* const end : {"", ".gz", ".br"})
            expected.insert(path + end);
    auto changed = test::touched(before, files());
    CHECK(changed == expected);
    all_is_well();
    CHECK(follower.whole_copies == 1);
}

TEST_CASE_METHOD(twins_fixture, "twins: what has not changed is not touched, in a full export either", "[twins][db]") {
    cycle();
    auto const u = nth_user(5);
    auto const before = files();
    db.exec("UPDATE dwh.datamartusers SET json_exported = FALSE WHERE dimension_user_id = " + std::to_string(u.key));
    cycle();
    CHECK(before == files());
    cycle(true);
    CHECK(before == files());
}

TEST_CASE_METHOD(twins_fixture, "twins: a removed entity takes them along", "[twins][db]") {
    cycle();
    follows();
    auto const u = nth_user(9);
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(u.key));
    auto const report = cycle();
    CHECK(report.mode == cycle_mode::incremental);
    CHECK(report.files_removed == 3);
    CHECK(test::users_of(report).removed == 1);
    for (auto const* const end : {"", ".gz", ".br"})
        CHECK_FALSE(has(u.path + end));
    all_is_well();
    CHECK(follower.whole_copies == 1);
}

TEST_CASE_METHOD(twins_fixture, "twins: a refused row keeps the file that was valid, and its twins", "[twins][db]") {
    cycle();
    auto const u = nth_user(4);
    auto const before = files();
    db.exec("UPDATE dwh.datamartusers SET username = NULL WHERE dimension_user_id = " + std::to_string(u.key));
    CHECK(cycle().quarantined.size() == 1);
    cycle(true);
    for (auto const* const end : {"", ".gz", ".br"})
        CHECK(files().at(u.path + end) == before.at(u.path + end));
    CHECK(test::false_twins(now()) == none);
}

TEST_CASE_METHOD(twins_fixture, "twins: switched on later, they come without touching files", "[twins][db]") {
    settings.twins.kinds = {};
    cycle();
    follows();
    auto const before = files();
    settings.twins.kinds = both();
    auto const report = cycle();
    CHECK(report.mode == cycle_mode::full);
    CHECK(report.reason == "precompress changed");
    for (auto const& path : test::touched(before, files()))
        CHECK((twin_at(path) || path == "metadata.json"));
    all_is_well();
    CHECK(follower.whole_copies == 1);
    CHECK(cycle().reason == "nothing pending");
}

TEST_CASE_METHOD(twins_fixture, "twins: switched off, all of them go, and those of others stay", "[twins][db]") {
    cycle();
    follows();
    settings.twins.kinds = only(compression::gzip);
    CHECK(cycle().reason == "precompress changed");
    all_is_well();
    CHECK(std::ranges::none_of(twins(), [](auto const& path) { return path.ends_with(".br"); }));
    write("README.md.gz", "of others");
    write("metadata.json.gz", "of others");
    settings.twins.kinds = {};
    CHECK(cycle().reason == "precompress changed");
    CHECK(twins() == std::set<std::string>{"README.md.gz", "metadata.json.gz"});
    CHECK(follower.follow(tree()).empty());
    CHECK(std::ranges::none_of(follower.copy, [](auto const& f) { return f.first.ends_with(".gz"); }));
    CHECK(follower.whole_copies == 1);
    CHECK(look().clean());
    CHECK(cycle().reason == "nothing pending");
}

TEST_CASE_METHOD(twins_fixture, "twins: while the key is off, what others compress is theirs", "[twins][db]") {
    settings.twins.kinds = {};
    cycle();
    auto const u = nth_user(3);
    write(u.path + ".gz", "of others");
    write("indexes/users.json.gz", "of others");
    change_user(u.key, 4711);
    cycle();
    cycle(true);
    CHECK(file(u.path + ".gz") == "of others");
    CHECK(file("indexes/users.json.gz") == "of others");
    CHECK(look().clean());
    settings.twins.kinds = only(compression::gzip); // from now on they are ours
    cycle();
    all_is_well();
}

TEST_CASE_METHOD(twins_fixture, "twins: a changed file never stands beside the twin of its kind that is switched off",
                 "[twins][db]") {
    cycle();
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    settings.twins.kinds = {};
    settings.batch_size = 1; // so that its batch is told of before the removals at the end
    bool seen = false;
    exporter e{settings, {.entity = [&](entity_event const& event) {
                   if (event.id != u.id)
                       return;
                   seen = true;
                   CHECK(test::false_twins(now()) == none);
               }}};
    e.run({});
    CHECK(seen);
    CHECK(twins().empty());
}

TEST_CASE_METHOD(twins_fixture, "twins: broken and missing ones are found, and mended by a full export",
                 "[twins][verify][db]") {
    cycle();
    follows();
    auto const u = nth_user(3);
    auto const other = nth_user(7);
    auto const before = files();
    write(u.path + ".gz", "no gzip");
    write(u.path + ".br", brotli("{\"of\": \"another\"}\n", 5));
    fs::remove(tree() / (other.path + ".gz"));
    write("indexes/users.json.gz", gzip(file("indexes/countries.json")));
    fs::remove(tree() / "global_stats.json.br");
    write("users/0/3/9/12345.json.gz", gzip("{}\n"));
    auto const report = look();
    CHECK(report.differences == 6);
    CHECK(found(report, u.path + ".gz") == "differs");
    CHECK(found(report, u.path + ".br") == "differs");
    CHECK(found(report, other.path + ".gz") == "missing");
    CHECK(found(report, "indexes/users.json.gz") == "differs");
    CHECK(found(report, "global_stats.json.br") == "missing");
    CHECK(found(report, "users/0/3/9/12345.json.gz") == "orphan");
    cycle(true);
    for (auto const& path : test::touched(before, files()))
        CHECK((twin_at(path) || path == "metadata.json"));
    CHECK_FALSE(has("users/0/3/9/12345.json.gz"));
    CHECK(look().clean());
    CHECK(test::without_twins(now(), both()) == none);
}

TEST_CASE_METHOD(twins_fixture, "twins: what verify finds is mended by the cycle of selected entities that repairs",
                 "[twins][verify][db]") {
    cycle();
    auto const u = nth_user(3);
    write(u.path + ".gz", "no gzip");
    write("indexes/users.json.br", "no brotli");
    write("users/0/3/9/12345.json.gz", gzip("{}\n"));
    entity_selection broken;
    for (auto const& d : settings.datasets)
        broken[d.name];
    for (auto const& d : look().drifts)
        if (d.id > 0)
            broken[d.dataset].push_back(d.id);
    exporter{settings}.run({.only = broken});
    all_is_well();
}

TEST_CASE_METHOD(twins_fixture, "twins: a link or a directory in the place of one is no twin", "[twins][db]") {
    cycle();
    auto const u = nth_user(3);
    fs::remove(tree() / (u.path + ".gz"));
    fs::create_symlink("/etc/passwd", tree() / (u.path + ".gz"));
    CHECK(found(look(), u.path + ".gz") == "differs");
    cycle(true);
    CHECK_FALSE(fs::is_symlink(tree() / (u.path + ".gz")));
    all_is_well();
}

TEST_CASE_METHOD(twins_fixture, "twins: in batches it is the same", "[twins][db]") {
    settings.batch_size = 4;
    cycle();
    all_is_well();
    settings.twins.kinds = only(compression::brotli);
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = 99");
    cycle();
    all_is_well();
    CHECK(std::ranges::none_of(twins(), [](auto const& path) { return path.ends_with(".gz"); }));
    CHECK(follower.whole_copies == 1);
}

TEST_CASE_METHOD(twins_fixture, "twins: with the private directory lost, all is put in order", "[twins][db]") {
    cycle();
    auto const before = files();
    fs::remove_all(tree() / ".exportd");
    cycle();
    CHECK(look().clean());
    CHECK(test::false_twins(now()) == none);
    for (auto const& path : test::touched(before, files()))
        CHECK(path == "metadata.json");
}

TEST_CASE_METHOD(twins_fixture, "twins: an export that only looks tells of those to come, and writes none",
                 "[twins][db]") {
    cycle();
    auto const u = nth_user(3);
    fs::remove(tree() / (u.path + ".gz"));
    auto const before = files();
    std::set<std::string> planned;
    cycle_observer observer;
    observer.planned = [&](std::string_view path, bool) { planned.emplace(path); };
    preview(settings, {.full = true}, observer, {});
    CHECK(planned.contains(u.path + ".gz"));
    CHECK(before == files());
}
