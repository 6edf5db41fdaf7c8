// The whole way: a real database, exporters, nginx, and a mirror on the other side, both killed at any moment.
#include "support/catch.hpp"

#include "document/metadata.hpp"
#include "support/export_fixture.hpp"
#include "support/nginx.hpp"
#include "support/pull_fixture.hpp"

#include <csignal>
#include <random>

namespace test {

namespace {

constexpr int most_rounds = 200; // a killed exporter may have published nothing

struct both_sides {
    export_fixture publisher;
    pull_fixture reader;
    std::minstd_rand random{5};
    int exports = 0;
    int kills = 0;

    child_process export_once() {
        return {publisher.root / ("once" + std::to_string(++exports)),
                {"once", "--set", "database.conninfo=" + publisher.db.conninfo(), "--set",
                 "output.directory=" + publisher.tree().string(), "--set",
                 std::string{"export.schema_dir="} + EXPORTD_SOURCE_DIR "/conf/schemas", "--set", "feed.publish=true"}};
    }
    void kill_after(child_process& p, int longest_ms) {
        std::uniform_int_distribution<int> any{0, longest_ms};
        if (p.wait_exit(milliseconds{any(random)}))
            return;
        p.signal(SIGKILL);
        p.wait_exit();
        ++kills;
    }
    /// Some change, some appear and some go.
    void change(int n) {
        auto const user = publisher.nth_user(n % 7);
        publisher.change_user(user.key, 1000 + n);
        if (n % 10 == 0 && n <= 30) // more would be held back by the shrink guard
            publisher.db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " +
                              std::to_string(publisher.nth_user(10).key));
    }
    std::uint64_t generation() const {
        auto const live = notes_export::metadata::parse(read_file(publisher.tree() / "metadata.json"));
        return live ? live->generation : 0;
    }
    std::vector<std::string> differing() const {
        return differences(published_in(publisher.tree()), published_in(reader.copy));
    }
};

} // namespace

TEST_CASE("pull mirror: 50 generations, with kills of the exporter and of the mirror, end byte-equal", "[pull][db]") {
    both_sides f;
    REQUIRE(f.export_once().wait_exit() == 0);
    nginx const server{f.reader.root / "nginx", f.publisher.tree()};
    for (int n = 1; f.generation() <= 50 && n <= most_rounds; ++n) {
        f.change(n);
        auto exporter = f.export_once();
        auto mirror = f.reader.start(server.url(), {"--once"});
        if (n % 2 == 0)
            f.kill_after(exporter, 400);
        if (n % 3 != 0)
            f.kill_after(mirror, 300);
        exporter.wait_exit();
        mirror.wait_exit();
    }
    CHECK(f.generation() > 50);
    CHECK(f.kills > 10);
    CHECK(f.export_once().wait_exit() == 0);
    auto const last = f.reader.run(server.url());
    INFO(last.errors);
    CHECK(last.status == 0);
    CHECK(f.differing() == std::vector<std::string>{});
    CHECK(f.reader.run(server.url(), {"--verify"}).status == 0);
    std::string drifts;
    for (auto const& d : f.publisher.verify().drifts)
        drifts += d.path + ' ' + std::string{to_string(d.what)} + '\n';
    CHECK(drifts == "");
}

} // namespace test
