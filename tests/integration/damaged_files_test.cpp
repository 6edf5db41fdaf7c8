// Files of the tree, and private ones, that are nothing but brackets: no command dies of them, and the tree is mended.
#include "support/catch.hpp"

#include "support/daemon_fixture.hpp"
#include "support/http_client.hpp"

#include <sys/resource.h>

using namespace notes_export;

namespace test {

namespace {

constexpr std::size_t very_deep = 15'000'000;

struct damaged_fixture : daemon_fixture {
    void damage(std::string const& path, std::size_t brackets) const {
        std::ofstream{tree() / path} << std::string(brackets, '[');
    }
    void no_command_dies(int expected_of_verify) {
        CHECK(run_command({"status"}).status == 2); // no daemon
        CHECK(run_command({"status", "--json"}).status == 2);
        CHECK(run_command({"verify"}).status == expected_of_verify);
        CHECK(run_command({"once"}).status == 0);
        CHECK(run_command({"verify"}).status == 0);
    }
};

/// What children may have open, while it lives.
class descriptor_limit {
public:
    explicit descriptor_limit(rlim_t most) {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &m_before) == 0);
        rlimit const lower{most, m_before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
    }
    ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &m_before); }
    descriptor_limit(descriptor_limit const&) = delete;
    descriptor_limit& operator=(descriptor_limit const&) = delete;

private:
    rlimit m_before{};
};

} // namespace

TEST_CASE_METHOD(damaged_fixture, "damaged: a metadata.json of brackets leads to a full export", "[damaged][db]") {
    run();
    damage("metadata.json", GENERATE(very_deep, std::size_t{20} << 20U));
    auto const report = exporter{config()}.run({});
    CHECK(report.mode == cycle_mode::full);
    CHECK(report.reason == "metadata.json is damaged");
    damage("metadata.json", very_deep);
    no_command_dies(1);
}

TEST_CASE_METHOD(damaged_fixture, "damaged: private files of brackets are mended", "[damaged][db]") {
    run();
    for (std::string const name : {"quarantine.json", "refused_indexes.json", "published_indexes.json", "sources",
                                   "last_full", "files", "unfinished"})
        damage(".exportd/" + name, very_deep);
    no_command_dies(0);
    CHECK(file(".exportd/quarantine.json") == "[]\n");
}

TEST_CASE_METHOD(damaged_fixture, "damaged: a live profile of a refused row and live indexes of brackets",
                 "[damaged][db]") {
    run();
    auto const u = nth_user(3);
    change_user(u.key, -1); // refused: its index entry comes from the profile
    damage(u.path, 100'000);
    CHECK(run_command({"status"}).status == 2);
    run_command({"verify"});
    CHECK(run_command({"once"}).status == 0);
    CHECK(run_command({"once", "--full"}).status == 0);
    damage("indexes/users.json", very_deep);
    change_user(nth_user(4).key, 4711);
    CHECK(run_command({"once"}).status == 0);
    change_user(u.key, 4712);
    CHECK(run_command({"once"}).status == 0);
    CHECK(run_command({"verify"}).status == 0);
}

TEST_CASE_METHOD(damaged_fixture, "damaged: the daemon shows and replaces a profile of brackets", "[damaged][db]") {
    run();
    settings.http_listen = "unix:" + (root / "http").string();
    auto const u = nth_user(3);
    damage(u.path, 100'000);
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const page = http_get(root / "http", "/profile?dataset=users&id=" + std::to_string(u.id));
    CHECK(page.status == 200);
    notify(std::string(7900, '['));
    change_user(u.key, 4711);
    serve(daemon);
    CHECK(file(u.path).find("4711") != std::string::npos);
    CHECK(daemon.stop() == 0);
}

TEST_CASE_METHOD(damaged_fixture, "descriptors: few are enough, however many files there are to publish",
                 "[descriptors][db]") {
    run();
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1;"
            "UPDATE dwh.datamartcountries SET history_whole_open = history_whole_open + 1");
    std::optional<descriptor_limit> few{std::in_place, 40};
    auto const once = run_command({"once"});
    few.reset();
    INFO(once.errors);
    CHECK(once.status == 0);
    CHECK(db.pending() == 0);
    CHECK(verify().clean());
}

} // namespace test
