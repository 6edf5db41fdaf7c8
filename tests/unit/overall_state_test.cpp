// One word for all that `status` knows, and its exit status, which is never another one's.
#include "support/catch.hpp"

#include "command/overall_state.hpp"

#include <string>

using namespace exportd;

namespace {

constexpr auto silent = "status.sock: no answer in time";

daemon_answer told(std::string const& state) {
    return {R"({"directory":"/srv/json","state":")" + state + "\"}", ""};
}
daemon_answer const mute{"", silent};
daemon_answer const nobody{"", "status.sock: No such file or directory", true};

whole_status with(daemon_answer const& answer) {
    return {.live = {answer, "/srv/json"}, .report = {}, .database_asked = true};
}

notes_export::run_status run(std::string const& error) {
    notes_export::run_status r;
    r.error = error;
    return r;
}

} // namespace

TEST_CASE("overall state: of a daemon that answers it is its own, with the exit status that belongs to it", "[live]") {
    for (std::string const state : {"well", "remarks", "standby"}) {
        CHECK(state_of(with(told(state))) == state);
        CHECK(code_of(state) == exit_code::success);
    }
    for (std::string const state : {"copies", "starting", "held", "behind", "failing"}) {
        CHECK(state_of(with(told(state))) == state);
        CHECK(code_of(state) == exit_code::failure);
    }
    for (std::string const odd : {"", "down", "fine"})
        CHECK(state_of(with(told(odd))) == "unknown");
}

TEST_CASE("overall state: what the daemon does not know makes it worse", "[live]") {
    auto s = with(told("well"));
    s.report.database_problem = "no answer from the server within 10 s";
    CHECK(state_of(s) == "failing");
    s.problems_count = false; // it is closed to who asks, and no word about the export
    CHECK(state_of(s) == "well");
    auto broken = with(told("remarks"));
    broken.report.tree_problem = "open directory /srv/json: Permission denied";
    CHECK(state_of(broken) == "failing");
    auto waiting = with(told("standby"));
    waiting.report.database_problem = "no answer";
    CHECK(state_of(waiting) == "standby");
    auto copies = with(told("well"));
    copies.report.mirrors.problems.emplace_back("mirror github fails");
    CHECK(state_of(copies) == "copies");
}

TEST_CASE("overall state: settings with mistakes are a remark about a daemon that is well", "[live]") {
    auto s = with(told("well"));
    s.mistaken = true;
    s.problems_count = false;
    s.report.tree_problem = s.report.database_problem = "the settings have mistakes";
    CHECK(state_of(s) == "remarks");
    auto behind = with(told("behind"));
    behind.mistaken = true;
    CHECK(state_of(behind) == "behind");
}

TEST_CASE("overall state: of a daemon that does not answer nothing is known, however good its last run", "[live]") {
    auto s = with(mute);
    CHECK(state_of(s) == "unknown");
    s.report.holder = "process 5 on here";
    s.report.runs.push_back(run(""));
    CHECK(state_of(s) == "unknown");
    CHECK(code_of(state_of(s)) == exit_code::failure);
    s.report.runs.front().error = "permission denied";
    CHECK(state_of(s) == "failing");
}

TEST_CASE("overall state: without a socket the holder's last run tells", "[live]") {
    auto s = with(nobody);
    CHECK(state_of(s) == "down");
    CHECK(code_of("down") == exit_code::down);
    s.report.holder = "process 5 on here";
    CHECK(state_of(s) == "well");
    s.report.runs.push_back(run("permission denied"));
    CHECK(state_of(s) == "failing");
    auto closed = with(nobody);
    closed.report.holder = "process 5 on here";
    closed.report.database_problem = "role \"games\" does not exist";
    closed.problems_count = false;
    CHECK(state_of(closed) == "unknown");
}

TEST_CASE("overall state: where others' trees are copied, and none is published, no daemon is missed", "[live]") {
    auto s = with(nobody);
    notes_export::mirror_view copy;
    copy.said.kind = "pull";
    s.report.mirrors.mirrors.push_back(copy);
    CHECK(state_of(s) == "well");
    s.report.mirrors.problems.emplace_back("mirror of fails");
    CHECK(state_of(s) == "copies");
}

TEST_CASE("overall state: a recorded failure is over when the daemon has done its work since", "[live]") {
    for (std::string const state : {"well", "remarks", "copies", "held", "behind"})
        CHECK(is_over(with(told(state))));
    for (std::string const state : {"failing", "starting", "standby"}) // the last: somebody else does the work
        CHECK_FALSE(is_over(with(told(state))));
    CHECK_FALSE(is_over(with(mute)));
    CHECK_FALSE(is_over(with(nobody)));
}
