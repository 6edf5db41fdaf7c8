// What the daemon says of itself, by what its cycles tell.
#include "status/monitor.hpp"
#include "support/catch.hpp"

using namespace exportd;

namespace {

notes_export::export_config configured() {
    notes_export::export_config c;
    c.datasets = notes_export::standard_datasets();
    return c;
}

struct monitor_fixture {
    asio::io_context io;
    monitor told{io, settings{}, configured()};

    health_state now() const { return told.state().snapshot(); }
    void fails() {
        cycle_outcome outcome;
        outcome.error = std::make_exception_ptr(std::runtime_error{"no room"});
        told.cycle_begins();
        told.cycle_ended(outcome);
    }
    void succeeds(notes_export::dataset_report const& users, notes_export::cycle_mode mode) {
        cycle_outcome outcome;
        outcome.report.mode = mode;
        outcome.report.datasets = {users};
        told.cycle_begins();
        told.cycle_ended(outcome);
    }
};

constexpr auto incremental = notes_export::cycle_mode::incremental;

} // namespace

TEST_CASE_METHOD(monitor_fixture, "monitor: whoever fails to take over stands by no longer", "[status]") {
    told.standing_by("process 1");
    CHECK(now().standby_for == "process 1");
    fails();
    CHECK(now().standby_for.empty());
    CHECK(now().error == "no room");
}

TEST_CASE_METHOD(monitor_fixture, "monitor: the shrink guard is told until the dataset is looked at again",
                 "[status]") {
    auto const held = [this] { return now().datasets.at(0).shrink_held; };
    notes_export::dataset_report users;
    users.name = "users";
    users.shrink_refused = users.shrink_of = 200;
    succeeds(users, incremental);
    CHECK(held());
    notes_export::dataset_report nothing;
    nothing.name = "users";
    succeeds(nothing, incremental); // a cycle that had no need to look
    CHECK(held());
    SECTION("they went") {
        nothing.removed = 200;
        succeeds(nothing, incremental);
    }
    SECTION("a full export finds none") {
        succeeds(nothing, notes_export::cycle_mode::full);
    }
    CHECK_FALSE(held());
}
