// The locks of a tree, with names of theirs elsewhere and readers that take their time.
#include "support/catch.hpp"

#include "notes_export/error.hpp"
#include "publish/lock_file.hpp"
#include "publish/tree_lock.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"
#include "support/wait_until.hpp"

#include <atomic>
#include <fcntl.h>
#include <future>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

using namespace notes_export;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using kind = publishing_lock::kind;

namespace {

struct lock_fixture {
    test::temporary_directory root;
    tree files{root / "json", true};
    fs::path const lock = root / "json/.exportd/lock";
    fs::path const publishing = root / "json/.exportd/publishing";

    lock_fixture() { publishing_lock::prepare(files); }

    /// As `flock -s` holds it.
    file reader() const {
        file f{::open(publishing.c_str(), O_RDONLY | O_CLOEXEC)};
        REQUIRE(::flock(f.fd(), LOCK_SH) == 0);
        return f;
    }
    bool is_free(fs::path const& path) const {
        file const f{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
        return ::flock(f.fd(), LOCK_SH | LOCK_NB) == 0;
    }
};

} // namespace

TEST_CASE_METHOD(lock_fixture, "publishing_lock: waits for a reader, says for whom, and goes on", "[lock]") {
    auto held = reader();
    std::atomic<int> told{0};
    std::string text;
    auto publishing_at_last = std::async(std::launch::async, [&] {
        publishing_lock const mine{files,
                                   kind::exclusive,
                                   {},
                                   [&](std::string const& t) {
                                       text = t;
                                       ++told;
                                   },
                                   50ms};
        return std::string{is_free(publishing) ? "free" : "held"};
    });
    CHECK(test::wait_until([&] { return told == 1; }));
    held.reset();
    CHECK(publishing_at_last.get() == "held");
    CHECK(told == 1);
    INFO(text);
    CHECK(test::contains(text, publishing.string()));
    CHECK(test::contains(text, "process " + std::to_string(::getpid()) + " ("));
}

TEST_CASE_METHOD(lock_fixture, "publishing_lock: a stop request ends the wait for a reader", "[lock]") {
    auto const held = reader();
    std::stop_source stop;
    auto waiting = std::async(std::launch::async, [&] {
        publishing_lock const mine{files, kind::exclusive, stop.get_token(),
                                   [&](std::string const&) { stop.request_stop(); }, 10ms};
    });
    CHECK(waiting.wait_for(20s) == std::future_status::ready);
    CHECK_THROWS_AS(waiting.get(), cancelled);
}

TEST_CASE_METHOD(lock_fixture, "publishing_lock: hard links to it do no harm, and readers count as before", "[lock]") {
    fs::create_hard_link(publishing, root / "snapshot");
    { publishing_lock const mine{files, kind::exclusive, {}}; }
    CHECK(test::identity(publishing).inode == test::identity(root / "snapshot").inode);
    auto const held = reader();
    std::stop_source stop;
    auto waiting = std::async(std::launch::async, [&] {
        publishing_lock const mine{files, kind::exclusive, stop.get_token(),
                                   [&](std::string const&) { stop.request_stop(); }, 10ms};
    });
    CHECK_THROWS_AS(waiting.get(), cancelled);
}

TEST_CASE_METHOD(lock_fixture, "publishing_lock: one that is replaced while it is waited for is locked anew",
                 "[lock]") {
    auto held = reader();
    publishing_lock const mine{files,
                               kind::exclusive,
                               {},
                               [&](std::string const&) {
                                   fs::remove(publishing);
                                   std::ofstream{publishing}.flush();
                                   held.reset();
                               },
                               10ms};
    CHECK_FALSE(is_free(publishing));
}

TEST_CASE_METHOD(lock_fixture, "tree_lock: a second name of it is left behind, with what is in it", "[lock]") {
    std::ofstream{lock} << "the holder before\n";
    fs::create_hard_link(lock, root / "snapshot");
    tree_lock const mine{files};
    CHECK(mine.left_untidy());
    CHECK(mine.in_place(files));
    CHECK(test::read_file(root / "snapshot") == "the holder before\n");
    CHECK(test::contains(test::read_file(lock), std::to_string(::getpid())));
    CHECK(test::identity(lock).inode != test::identity(root / "snapshot").inode);
}

TEST_CASE_METHOD(lock_fixture, "tree_lock: whoever waits for the replaced file is kept out too", "[lock]") {
    std::ofstream{lock}.flush();
    fs::create_hard_link(lock, root / "snapshot");
    {
        tree_lock const mine{files};
        CHECK_FALSE(is_free(root / "snapshot")); // opened before it was replaced
        CHECK_FALSE(is_free(lock));
        tree const again{root / "json", true};
        CHECK(test::contains(test::thrown_message([&] { tree_lock const second{again}; }),
                             "in use by process " + std::to_string(::getpid())));
    }
    CHECK_NOTHROW(tree_lock{files});
}

TEST_CASE_METHOD(lock_fixture, "tree_lock: of many at once over linked files, one at a time has the tree", "[lock]") {
    std::atomic<int> holders{0}, most{0}, had{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            for (int round = 0; round < 50; ++round) {
                std::error_code gone;
                fs::create_hard_link(lock, root / (std::to_string(i) + '-' + std::to_string(round)), gone);
                try {
                    tree_lock const mine{files};
                    most = std::max<int>(most, ++holders);
                    ++had;
                    --holders;
                } catch (lock_held const&) {
                }
            }
        });
    threads.clear();
    CHECK(most == 1);
    CHECK(had > 0);
}

TEST_CASE_METHOD(lock_fixture, "tree_lock: a holder's name of any length is shown in part", "[lock]") {
    std::ofstream{lock}.flush();
    fs::resize_file(lock, 1ULL << 40U);
    file const held{::open(lock.c_str(), O_RDONLY | O_CLOEXEC)};
    REQUIRE(::flock(held.fd(), LOCK_EX) == 0);
    CHECK(tree_lock::holder(files) == "an unnamed process");
}
