// The page for people: what it shows, and what nobody can make it show.
#include "support/catch.hpp"
#include "support/served_daemon.hpp"
#include "support/thrown_message.hpp"

namespace test {

namespace {

std::size_t occurrences(std::string const& text, std::string const& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
        ++n;
    return n;
}

} // namespace

TEST_CASE_METHOD(served_fixture, "status page: shows state, datasets, a bar for each cycle and its phases",
                 "[http][db]") {
    start_settled();
    change_user(nth_user(1).key, 4711);
    run_cycle(*daemon);
    REQUIRE(wait_until([&] { return contains(get("/").body, "Last 2 cycles"); }));
    auto const page = get("/").body;
    CHECK(contains(page, "<p class=\"word\">Up to date</p>"));
    CHECK(contains(page, "<th scope=\"row\">users</th><td class=\"n\">30</td>"));
    CHECK(occurrences(page, "<rect x=") == 3 * 2);
    CHECK(occurrences(page, " class=\"f\"><title>") == 3);
    CHECK(contains(page, "<dt>publish</dt><dd>"));
    CHECK(contains(page, tree().string()));
}

TEST_CASE_METHOD(served_fixture, "status page: a quarantined row has its reason, and hostile text stays text",
                 "[http][db]") {
    start_settled();
    db.exec("UPDATE dwh.datamartusers SET username = '<script>alert(1)</script>\"''&', history_whole_open = -1"
            " WHERE dimension_user_id = " +
            std::to_string(nth_user(3).key));
    run_cycle(*daemon);
    REQUIRE(wait_until([&] { return contains(get("/").body, "/history_whole_open"); }));
    auto const page = get("/").body;
    CHECK_FALSE(contains(page, "<script>alert"));
    CHECK(contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
    CHECK(contains(page, "minimum"));
    CHECK(contains(page, "/profile?dataset=users&amp;id=" + std::to_string(nth_user(3).id)));
}

TEST_CASE_METHOD(served_fixture, "status page: says what is wrong when the database is gone", "[http][db]") {
    settings.conninfo = "host=" + test_database::host() + " user=postgres password=top-secret dbname=nowhere_at_all";
    start();
    daemon->wait_for_event("cycle_failed");
    REQUIRE(wait_until([&] { return contains(get("/").body, "nowhere_at_all"); }));
    CHECK(contains(get("/").body, "<p class=\"word\">Failing</p>"));
    CHECK_FALSE(contains(get("/").body + get("/status.json").body + get("/metrics").body, "top-secret"));
}

TEST_CASE_METHOD(served_fixture, "status page: a published profile can be looked at, value for value", "[http][db]") {
    start_settled();
    auto const u = nth_user(2);
    auto const reply = get("/profile?dataset=users&id=" + std::to_string(u.id));
    CHECK(reply.status == 200);
    CHECK(contains(reply.body, "&quot;user_id&quot;: " + std::to_string(u.id) + ","));
    CHECK(get("/profile?dataset=countries&id=" + std::to_string(u.id + 100'000'000)).status == 404);
}

TEST_CASE_METHOD(served_fixture, "status page: no other file than a profile can be named", "[http][db]") {
    start_settled();
    for (std::string const query :
         {"dataset=users&id=0", "dataset=users&id=-1", "dataset=users", "", "id=1x&dataset=users",
          "dataset=users&id=99999999999999999999", "dataset=users&id=1%2e"})
        CHECK(get("/profile?" + query).status == 400);
    for (std::string const query : {"dataset=..&id=1", "dataset=indexes&id=1", "dataset=%75sers&id=1", "id=1",
                                    "dataset=users/../../x&id=1", "dataset=<script>&id=1"}) {
        auto const reply = get("/profile?" + query);
        CHECK(reply.status == 404);
        CHECK_FALSE(contains(reply.body, "<script>&"));
    }
}

TEST_CASE_METHOD(served_fixture,
                 "status page: links, directories, FIFOs and long files in a profile's place are not opened",
                 "[http][db]") {
    start_settled();
    std::ofstream{root / "secret"} << "{\"secret\":true}";
    auto const place = tree() / nth_user(2).path;
    auto const status = [&] { return get("/profile?dataset=users&id=" + std::to_string(nth_user(2).id)).status; };
    std::filesystem::remove(place);
    std::filesystem::create_symlink(root / "secret", place);
    CHECK(status() == 404);
    std::filesystem::remove(place);
    std::filesystem::create_directory(place);
    CHECK(status() == 404);
    std::filesystem::remove(place);
    REQUIRE(::mkfifo(place.c_str(), 0600) == 0);
    CHECK(status() == 404);
    std::filesystem::remove(place);
    std::ofstream{place} << std::string(300'000, ' ');
    CHECK(status() == 404);
    std::filesystem::resize_file(place, 1000);
    CHECK(status() == 200);
    auto const directory = place.parent_path();
    std::filesystem::rename(directory, root / "elsewhere");
    std::filesystem::create_symlink(root / "elsewhere", directory);
    CHECK(status() != 200);
}

} // namespace test
