// What an observer throws is the caller's own fault: it ends the cycle, and nothing is tried again because of it.
#include "support/catch.hpp"
#include "support/export_fixture.hpp"

#include <notes_export/error.hpp>
#include <notes_export/exporter.hpp>

#include <functional>
#include <stdexcept>

using namespace notes_export;

namespace {

struct observed_fixture : test::export_fixture {
    std::function<void()> in_mark, at_entity; ///< in the first cycle that is counted
    int cycles = 0;

    cycle_observer observer() {
        return {.entering =
                    [this](phase p) {
                        cycles += p == phase::detect ? 1 : 0;
                        if (p == phase::mark && in_mark && cycles == 1)
                            in_mark();
                    },
                .entity =
                    [this](entity_event const&) {
                        if (at_entity && cycles == 1)
                            at_entity();
                    }};
    }
};

// Looks like the failure after which a cycle is begun again by itself.
[[noreturn]] void fail_like_the_database() {
    throw database_error{"observe: out of memory", "", true};
}

[[noreturn]] void fail() {
    throw std::runtime_error{"observe: no"};
}

} // namespace

TEST_CASE_METHOD(observed_fixture,
                 "observer: what it throws after the publication ends one cycle, and the next completes",
                 "[observer][db]") {
    auto c = config();
    c.batch_size = GENERATE(10, 10'000);
    exporter e{c, observer()};
    e.run({});
    auto const before = e.last_publication().value().generation;
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = 4711");
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(3).key));
    cycles = 0;
    auto const throwing = GENERATE(&fail, &fail_like_the_database);
    (GENERATE(true, false) ? in_mark : at_entity) = throwing;
    CHECK_THROWS_WITH(e.run({}), Catch::Matchers::StartsWith("observe: "));
    CHECK(cycles == 1);
    CHECK(e.last_publication().value().generation - before <= 1); // a batch may come before metadata.json
    auto const next = e.run({});
    CHECK(cycles == 2);
    CHECK(next.generation == before + 1); // once, whichever cycle got so far
    CHECK(db.pending() == 0);
    CHECK(verify().clean());
    CHECK(db.number("SELECT generation FROM dwh.json_export_state") == static_cast<long>(next.generation));
    CHECK_FALSE(e.run({}).published);
}
