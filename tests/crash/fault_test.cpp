// A system call that fails, any one of them: the run ends well or says what failed, and the next one mends it.
#include "support/catch.hpp"

#include "crash/crash_fixture.hpp"
#include "publish/twin_path.hpp"
#include "support/thorough.hpp"
#include "support/thrown_message.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>

namespace test {

namespace {

complaints const none;

struct fault_fixture : crash_fixture {
    /// Lets calls fail, one in each run: all of them when there is time, else some of each kind.
    void fail_everywhere(std::string const& what, fault const& f, call_filter const& filter) {
        std::size_t struck = 0;
        std::size_t failed = 0;
        auto const fails = [&](fault_plan plan) {
            auto const status = survive(std::move(plan));
            struck += status ? 1U : 0U;
            failed += status && *status != 0 ? 1U : 0U;
            return status.has_value();
        };
        for_each_fault(f, filter, fails);
        CHECK(validate() == none);
        std::cout << what << ": " << struck << " faults, of which " << failed << " ended the run\n";
        CHECK(struck > 0);
    }

    void for_each_fault(fault const& f, call_filter const& filter, std::function<bool(fault_plan)> const& fails) {
        if (thorough()) {
            for (std::size_t n = 1; fails(nth(n, f, filter)); ++n) {
            }
            return;
        }
        put_back();
        auto const calm = once();
        REQUIRE(calm.status == 0);
        auto const all = some_of_each_kind(calm.trace, filter);
        CHECK(all.size() > 5);
        for (auto const& call : only(crash_share(), all))
            fails(at(call, f, filter));
    }

    /// Exit code of the disturbed run; nullopt when the fault did not strike.
    std::optional<int> survive(fault_plan plan) {
        put_back();
        auto const disturbed = once(std::move(plan));
        INFO((disturbed.hit ? "fault at " + disturbed.hit->text() : "no fault") << "; " << last_line(disturbed.errors));
        durability_ledger ledger;
        ledger.add(disturbed.trace);
        if (disturbed.status == 0) {
            CHECK(after_cycle() == none);
            CHECK(ledger.unsynced() == none);
        } else {
            REQUIRE(disturbed.status == 1);
            REQUIRE(disturbed.hit);
            check_message(last_line(disturbed.errors), *disturbed.hit);
            CHECK(after_crash() == none);
            check_mended(ledger);
        }
        CHECK(ledger.violations() == none);
        return disturbed.hit ? std::optional{disturbed.status} : std::nullopt;
    }

    void check_mended(durability_ledger& ledger) {
        remember_finished();
        auto const next = once();
        REQUIRE(next.status == 0);
        CHECK(after_cycle() == none);
        ledger.add(next.trace);
        CHECK(ledger.unsynced() == none);
    }

    /// Which file, and what was wrong with it.
    void check_message(std::string const& message, watched_call const& hit) const {
        auto const names = [&](std::string const& path) {
            return contains(message, (path.empty() ? tree() : tree() / path).string());
        };
        CHECK((names(hit.path) || (!hit.target.empty() && names(hit.target))));
        CHECK(contains(message, std::strerror(m_error)));
    }

    static std::string last_line(std::string text) {
        while (text.ends_with('\n'))
            text.pop_back();
        return text.substr(text.rfind('\n') + 1);
    }

    void fail_everywhere(std::string const& what, int error, call_filter const& filter) {
        m_error = error;
        fail_everywhere(what + ", " + std::strerror(error), {fault::kind::fail, error}, filter);
    }

    int m_error = 0;
};

/// Reads fail in one loop only, unless there is time.
call_filter most_calls() {
    return thorough() ? call_filter{on_tree} : call_filter{on_written};
}

bool is_write(watched_call const& call) {
    return !call.message && call.name == "write";
}

/// What a signal may interrupt, and what is then done again or is done already.
bool is_restarted(watched_call const& call) {
    return is_write(call) || (!call.message && call.name == "close");
}

} // namespace

TEST_CASE_METHOD(fault_fixture, "fault: any call of a first export may fail", "[crash][fault][db]") {
    keep_few_rows();
    begin_here();
    fail_everywhere("first export", ENOSPC, most_calls());
}

TEST_CASE_METHOD(fault_fixture, "fault: any call of a cycle with changes may fail with ENOSPC", "[crash][fault][db]") {
    run();
    change_everything();
    begin_here();
    fail_everywhere("cycle with changes", ENOSPC, most_calls());
}

// The only loop over calls that do but look: whatever error they give, and whenever, they are read in the same places.
TEST_CASE_METHOD(fault_fixture, "fault: any call of a cycle with changes may fail with EIO", "[crash][fault][db]") {
    run();
    change_everything();
    begin_here();
    fail_everywhere("cycle with changes", EIO, on_tree);
}

TEST_CASE_METHOD(fault_fixture, "fault: any call of a cycle in batches may fail", "[crash][fault][db]") {
    options.insert(options.end(), {"--set", "export.batch_size=2"});
    run();
    change_everything();
    begin_here();
    fail_everywhere("cycle in batches", EIO, most_calls());
}

TEST_CASE_METHOD(fault_fixture, "fault: any change of a twin's name may fail", "[crash][fault][twins][db]") {
    settings.more = "[output]\nprecompress = gzip, br\n";
    keep_few_rows();
    REQUIRE(once().status == 0);
    change_user(nth_user(0).key, 4711);
    change_user(nth_user(1).key, 4711);
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(2).key));
    begin_here();
    fail_everywhere("twins", EIO, [](watched_call const& call) {
        return on_written(call) && (notes_export::twin_at(call.path) || notes_export::twin_at(call.target));
    });
}

TEST_CASE_METHOD(fault_fixture, "fault: any call of the recovery from a crash may fail", "[crash][fault][db]") {
    run();
    change_everything();
    begin_here();
    put_back();
    once(kill_at(1, [](watched_call const& call) { return call.target == "metadata.json"; }));
    begin_here();
    fail_everywhere("recovery", EIO, most_calls());
}

TEST_CASE_METHOD(fault_fixture, "fault: any write may be short", "[crash][fault][db]") {
    run();
    change_everything();
    begin_here();
    std::size_t n = 1;
    while (survive(nth(n, {fault::kind::short_write}, is_write)))
        ++n;
    CHECK(n > 10);
}

TEST_CASE_METHOD(fault_fixture, "fault: any write or close may be interrupted by a signal", "[crash][fault][db]") {
    run();
    change_everything();
    begin_here();
    std::size_t n = 1;
    while (auto const status = survive(nth(n, {fault::kind::fail, EINTR}, is_restarted))) {
        CHECK(*status == 0);
        ++n;
    }
    CHECK(n > 10);
}

TEST_CASE_METHOD(fault_fixture, "fault: where openat2 is refused, it is said by what, and what to do",
                 "[crash][fault][db]") {
    auto const error = GENERATE(EPERM, ENOSYS);
    auto const run =
        once(each({fault::kind::fail, error}, [](watched_call const& call) { return call.name == "openat2"; }));
    INFO(run.errors);
    CHECK(run.status == 78);
    CHECK(contains(run.errors, error == EPERM ? "seccomp profile of an old container" : "RestrictSUIDSGID"));
    CHECK(contains(run.errors, tree().string()));
}

TEST_CASE_METHOD(fault_fixture, "fault: on a full disk nothing is published, and staging is freed",
                 "[crash][fault][db]") {
    run();
    change_everything();
    begin_here();
    put_back();
    auto const before = files();
    auto const full = once(each({fault::kind::fail, ENOSPC}, [](watched_call const& call) {
        return is_write(call) && call.path.starts_with(".exportd/staging/");
    }));
    CHECK(full.status == 1);
    CHECK(contains(full.errors, "No space left on device"));
    CHECK(touched(before, files()).empty());
    CHECK(std::filesystem::is_empty(tree() / ".exportd/staging"));
    CHECK(once().status == 0);
    CHECK(after_cycle() == none);
}

} // namespace test
