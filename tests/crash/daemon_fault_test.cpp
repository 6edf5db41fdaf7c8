// A disk that fails for a while under the running daemon.
#include "support/catch.hpp"

#include "crash/fault_plans.hpp"
#include "support/daemon_fixture.hpp"
#include "support/thrown_message.hpp"

#include <cerrno>

namespace test {

namespace {

struct lasting_fault {
    char const* what;
    int error;
    call_filter where;
};

call_filter calls(std::string const& name, std::string const& path) {
    return [=](watched_call const& call) {
        return call.name == name && (call.path.starts_with(path) || call.target.starts_with(path));
    };
}

std::vector<lasting_fault> const& lasting_faults() {
    static std::vector<lasting_fault> const all{
        {"writing fails", ENOSPC, calls("write", ".exportd/staging/")},
        {"creating fails", EDQUOT, calls("openat", ".exportd/staging/")},
        {"syncing files fails", EIO, calls("fsync", ".exportd/staging/")},
        {"renaming profiles fails", EROFS, calls("renameat", "users/")},
        {"renaming metadata.json fails", EROFS, calls("renameat", "metadata.json")},
        {"syncing directories fails", EIO, calls("fsync", "users/")},
        {"removing fails", EACCES, calls("unlinkat", "users/")},
    };
    return all;
}

struct faulty_daemon : daemon_fixture {
    syscall_injector injector{tree()};
    std::optional<daemon_process> daemon;

    faulty_daemon() {
        injector.watch([this] { daemon.emplace(root.path(), settings); });
        daemon->wait_settled();
    }

    log_record last_failure() const {
        log_record last;
        for (auto const& record : daemon->log())
            if (record.event == "cycle_failed")
                last = record;
        return last;
    }

    /// While the fault lasts: cycles fail and say why, rows stay pending. Then the daemon mends it by itself.
    void endure(lasting_fault const& f, int value) {
        INFO(f.what);
        auto const failures = daemon->count("cycle_failed");
        injector.set_plan(each({fault::kind::fail, f.error}, f.where));
        auto const u = nth_user(3);
        change_user(u.key, value);
        db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(9).key));
        notify();
        daemon->wait_for_event("cycle_failed", failures + 2);
        auto const failure = last_failure();
        CHECK(failure.field("errno") == std::to_string(f.error));
        CHECK(failure.field("path").starts_with(tree().string() + '/'));
        CHECK(db.pending() + db.number("SELECT count(*) FROM dwh.json_export_log") > 0);

        injector.set_plan({});
        wait_published(*daemon, u, value);
        daemon->wait_for("nothing pending",
                         [this] { return db.pending() + db.number("SELECT count(*) FROM dwh.json_export_log") == 0; });
        CHECK(verify().clean());
    }
};

} // namespace

TEST_CASE_METHOD(faulty_daemon, "daemon: a disk that fails for some cycles is reported and outlived",
                 "[crash][daemon][db]") {
    int value = 4711;
    for (auto const& f : lasting_faults())
        endure(f, value++);
    CHECK(daemon->count("fatal") == 0);
    CHECK(daemon->stop() == 0);
    CHECK(std::filesystem::is_empty(tree() / ".exportd/staging"));
}

} // namespace test
