// The command verify beside the daemon: what it prints, how it ends, what it needs.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/line_of.hpp"
#include "support/process_figures.hpp"
#include "support/thrown_message.hpp"

#include <cstdlib>
#include <fstream>
#include <sys/wait.h>

namespace test {

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // they need address space beyond any limit
TEST_CASE_METHOD(daemon_fixture, "verify: a row that does not fit into memory is named, all others are compared",
                 "[daemon][db]") {
    run_command({"once"});
    auto const u = nth_user(3);
    db.exec(
        "UPDATE dwh.datamartusers SET hashtags = json_build_array(repeat('x', 100000000)) WHERE dimension_user_id = " +
        std::to_string(u.key));
    std::ofstream{tree() / nth_user(29).path, std::ios::app} << ' ';
    auto const config = root / "small.conf";
    settings.write(config);
    // Each arena of malloc takes address space, and how many there are is a matter of chance. Without the row 150 MB
    // are enough, and with it 500 MB are not.
    auto const command = "MALLOC_ARENA_MAX=1 prlimit --as=300000000 " EXPORTD_BINARY " verify --config " +
                         config.string() + " > " + (root / "said").string() + " 2>&1";
    CHECK(WEXITSTATUS(std::system(command.c_str())) == 1);
    auto const said = read_file(root / "said");
    INFO(said);
    CHECK(contains(said, "warning: " + u.path + ": the row does not fit user-profile.schema.json (unreadable at"));
    CHECK(line_of(said, "differs ") == "differs " + nth_user(29).path);
    CHECK(contains(said, "drift: 41 files checked, 1 differences\n"));
}
#endif

// The index is 50 MB, and as much has to be read to make the profiles again.
TEST_CASE_METHOD(daemon_fixture, "verify: needs no more memory for more rows", "[slow][daemon][db]") {
    if (!frees_memory_at_once)
        return;
    settings.more = "[export]\nvalidation = off\n";
    db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
            " history_whole_closed) SELECT n, n, 'user ' || n || repeat('x', 5000), 1, 1"
            " FROM generate_series(910001, 920000) n");
    CHECK(run_command({"once"}).status == 0);
    settings.write(root / "verify.conf");
    child_process command{root / "verify", {"verify", "--config", (root / "verify.conf").string()}};
    std::size_t peak = 0;
    CHECK(wait_until([&] {
        peak = peak_resident_kb(command.pid()).value_or(peak);
        return command.wait_exit(milliseconds{0}).has_value();
    }));
    CHECK(contains(command.output(), "clean: 10041 files checked, 0 differences\n"));
    CHECK(peak > 5'000);
    CHECK(peak < 48'000);
}

TEST_CASE_METHOD(daemon_fixture, "verify: exits 0 when tree and database agree, also beside a running daemon",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const before = files();
    auto const r = run_command({"verify"});
    CHECK(r.status == 0);
    CHECK(r.output == "clean: 41 files checked, 0 differences\n");
    CHECK(files() == before);
}

TEST_CASE_METHOD(daemon_fixture, "verify: exits 1, names each difference and changes nothing", "[daemon][db]") {
    run_command({"once"});
    std::string expected;
    SECTION("a file was altered") {
        expected = "differs " + nth_user(0).path;
        std::ofstream{tree() / nth_user(0).path, std::ios::app} << ' ';
    }
    SECTION("a file was removed") {
        expected = "missing " + nth_user(1).path;
        std::filesystem::remove(tree() / nth_user(1).path);
    }
    SECTION("a file belongs to no row") {
        expected = "orphan users/0/0/1/1.json";
        REQUIRE(db.number("SELECT count(*) FROM dwh.datamartusers WHERE user_id = 1") == 0);
        std::filesystem::create_directories(tree() / "users/0/0/1");
        std::filesystem::copy_file(tree() / nth_user(0).path, tree() / "users/0/0/1/1.json");
    }
    SECTION("an index was altered") {
        expected = "differs indexes/countries.json";
        std::ofstream{tree() / "indexes/countries.json"} << "[]\n";
    }
    SECTION("a row is pending") {
        expected = "differs " + nth_user(2).path + " (pending: the next cycle mends it)";
        change_user(nth_user(2).key, 4711);
    }
    auto const before = files();
    auto const pending = db.pending();
    auto const r = run_command({"verify"});
    CHECK(r.status == 1);
    CHECK(line_of(r.output, expected) == expected);
    CHECK(line_of(r.output, "drift: ").starts_with("drift: 41 files checked, "));
    CHECK(files() == before);
    CHECK(db.pending() == pending);
}

} // namespace test
