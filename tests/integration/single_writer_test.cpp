// One exporter per tree and per database, and only ever in the tree that was configured.
#include "support/catch.hpp"

#include "support/daemon_fixture.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/error.hpp>

#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

using namespace notes_export;
using test::contains;
using test::daemon_fixture;
using test::daemon_process;
namespace fs = std::filesystem;

namespace {

struct published_fixture : test::export_fixture {
    published_fixture() { run(); }
};

struct writer_fixture : published_fixture {
    writer_fixture() { change_user(u.key, 4711); }

    user const u = nth_user(3);
    std::map<std::string, test::file_identity> const before = files();

    /// Ends the session that holds the advisory lock.
    void end_lock_session() const { test::test_database::terminate(db.conninfo(), "test: writer"); }

    /// An exporter during whose first cycle something happens just before it enters a phase.
    exporter disturbed(phase at, std::function<void()> happening) {
        return exporter{config(), {.entering = [at, happening, done = false](phase p) mutable {
                            if (p == at && !std::exchange(done, true))
                                happening();
                        }}};
    }

    void nothing_published() {
        CHECK(test::touched(before, files()).empty());
        CHECK(db.pending() == 1);
        CHECK(fs::is_empty(tree() / ".exportd/staging"));
    }

    export_config elsewhere() const {
        auto c = config();
        c.directory = root / "elsewhere";
        c.application_name = "other";
        return c;
    }
};

/// A tree whose root is taken away.
struct root_fixture : test::export_fixture {
    fs::path const outside = root / "outside";

    root_fixture() { fs::create_directories(outside); }

    void replace_by_link() const {
        fs::rename(tree(), root / "moved");
        fs::create_directory_symlink(outside, tree());
    }
};

} // namespace

TEST_CASE_METHOD(writer_fixture, "single writer: who lost the lock while staging publishes nothing", "[writer][db]") {
    auto const at = GENERATE(phase::index, phase::sync, phase::publish);
    auto e = disturbed(at, [this] { end_lock_session(); });
    CHECK_THROWS_AS(e.run({}), database_error);
    nothing_published();
    CHECK(e.run({}).exported() == 1);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(writer_fixture, "single writer: who lost the lock while waiting for a reader publishes nothing",
                 "[writer][db]") {
    std::thread reader;
    auto e = disturbed(phase::publish, [&] {
        int const fd = ::open((tree() / ".exportd/publishing").c_str(), O_RDONLY | O_CLOEXEC);
        REQUIRE(::flock(fd, LOCK_SH) == 0);
        reader = std::thread{[fd, conninfo = db.conninfo()] {
            test::test_database::terminate(conninfo, "test: writer");
            ::close(fd);
        }};
    });
    CHECK_THROWS_AS(e.run({}), database_error);
    reader.join();
    nothing_published();
    CHECK(e.run({}).exported() == 1);
}

TEST_CASE_METHOD(writer_fixture, "single writer: who lost the lock to another exporter waits until that one has gone",
                 "[writer][db]") {
    std::optional<exporter> other;
    auto e = disturbed(phase::publish, [&] {
        end_lock_session();
        other.emplace(elsewhere());
        other->run({});
    });
    CHECK_THROWS_AS(e.run({}), database_error);
    CHECK(test::touched(before, files()).empty());
    for (int attempt = 0; attempt < 2; ++attempt)
        CHECK(contains(test::thrown_message([&] { e.run({}); }), "other: writer"));
    CHECK(test::touched(before, files()).empty());
    other.reset();
    CHECK(e.run({}).mode == cycle_mode::full); // the other one marked what this tree lacks
    CHECK(contains(file(u.path), "4711"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(writer_fixture, "single writer: a large cycle that loses the lock keeps its complete batches",
                 "[writer][db]") {
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1");
    auto c = config();
    c.batch_size = 10;
    int published = 0;
    exporter e{c, {.entity = [&](entity_event const&) {
                   if (++published == 1)
                       end_lock_session();
               }}};
    CHECK_THROWS_AS(e.run({}), database_error);
    CHECK(db.pending() == 20);
    CHECK(file("metadata.json").find("\"generation\": 1") != std::string::npos);
    e.run({});
    CHECK(db.pending() == 0);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(daemon_fixture, "single writer: after a kill the next one starts at once, with the same lock file",
                 "[writer][db]") {
    run_command({"once"});
    auto const lock = test::identity(tree() / ".exportd/lock").inode;
    for (int round = 0; round < 3; ++round) {
        daemon_process daemon{root.path(), settings};
        daemon.wait_settled();
        daemon.process().signal(SIGKILL);
        CHECK(daemon.process().wait_exit() == -SIGKILL);
        CHECK(run_command({"once"}).status == 0);
        CHECK(test::identity(tree() / ".exportd/lock").inode == lock);
    }
}

TEST_CASE_METHOD(root_fixture, "root: one that is removed or renamed is built anew", "[root][db]") {
    exporter e{config()};
    e.run({});
    SECTION("removed") {
        fs::remove_all(tree());
    }
    SECTION("renamed") {
        fs::rename(tree(), root / "moved");
    }
    SECTION("emptied") {
        fs::rename(tree(), root / "moved");
        fs::create_directory(tree());
    }
    CHECK(e.run({}).exported() == 36);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(root_fixture, "root: a symbolic link that takes its place is not followed", "[root][db]") {
    auto c = config();
    SECTION("written without a slash") {}
    SECTION("written with a slash") {
        c.directory += "/";
    }
    exporter e{c};
    e.run({});
    replace_by_link();
    change_user(nth_user(0).key, 4711);
    for (int attempt = 0; attempt < 2; ++attempt)
        CHECK(contains(test::thrown_message([&] { e.run({}); }), "a symbolic link has taken its place"));
    CHECK(fs::is_empty(outside));
    CHECK(db.pending() == 1);
    fs::remove(tree());
    CHECK(e.run({}).exported() == 36);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(root_fixture, "root: a symbolic link that was there from the beginning may lead elsewhere later",
                 "[root][db]") {
    fs::create_directories(root / "first");
    fs::create_directories(root / "second");
    fs::create_directory_symlink(root / "first", tree());
    exporter e{config()};
    e.run({});
    CHECK(verify().clean());
    fs::remove(tree());
    fs::create_directory_symlink(root / "second", tree());
    CHECK(e.run({}).exported() == 36);
    CHECK(fs::exists(root / "second/metadata.json"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(root_fixture, "root: replaced in any phase, nothing is written to what took its place", "[root][db]") {
    for (auto const at : {phase::detect, phase::read, phase::index, phase::sync, phase::publish, phase::mark}) {
        INFO(to_string(at));
        bool replaced = false;
        auto c = config();
        c.metadata_heartbeat = std::chrono::seconds{0};
        db.exec("ALTER TABLE dwh.datamartcountries ADD COLUMN added_" + std::string{to_string(at)} + " integer");
        exporter e{c, {.entering = [&](phase p) {
                       if (p == at && !std::exchange(replaced, true))
                           replace_by_link();
                   }}};
        test::thrown_message([&] { e.run({}); }); // what it has begun it may finish where it began
        CHECK(fs::is_empty(outside));
        fs::remove(tree());
        e.run({});
        CHECK(db.pending() == 0);
        CHECK(verify().clean());
        fs::remove_all(root / "moved");
    }
}

TEST_CASE_METHOD(daemon_fixture, "root: a daemon whose directory became a link fails by name and recovers",
                 "[root][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    fs::create_directories(root / "outside");
    fs::rename(tree(), root / "moved");
    fs::create_directory_symlink(root / "outside", tree());
    change_user(nth_user(0).key, 4711);
    notify();
    daemon.wait_for_event("cycle_failed");
    bool named = false;
    for (auto const& record : daemon.log())
        named = named || (record.event == "cycle_failed" && record.field("path") == tree() &&
                          record.field("errno") == std::to_string(ELOOP));
    CHECK(named);
    CHECK(fs::is_empty(root / "outside"));
    fs::remove(tree());
    serve(daemon);
    CHECK(contains(file(nth_user(0).path), "4711"));
    CHECK(daemon.stop() == 0);
    CHECK(verify().clean());
}
