#include "source/fingerprint.hpp"

#include "source/installed_triggers.hpp"
#include "support/catch.hpp"

using namespace notes_export;

TEST_CASE("fingerprint: names the first difference, and how many there are", "[fingerprint]") {
    fingerprint before, after;
    for (auto* const f : {&before, &after}) {
        f->add("columns of dwh.t", "a, b");
        f->add("storage of dwh.t", "1/2");
    }
    CHECK(after.difference_to(before) == "");
    after.add("storage of dwh.t", "1/3");
    CHECK(after.difference_to(before) == "storage of dwh.t");
    after.add("type dwh.mood", "e");
    CHECK(after.difference_to(before) == "storage of dwh.t (and 1 more)");
    CHECK(before.difference_to(after) == "storage of dwh.t (and 1 more)"); // what is gone counts too
}

TEST_CASE("fingerprint: hostile names come back from its file", "[fingerprint]") {
    fingerprint f;
    f.add("type dwh.a\tb\nc\\n", "\\\t\n\\t");
    f.add("x", "");
    CHECK(fingerprint::parse(f.text()) == f);
    CHECK(fingerprint::parse("").empty());
    CHECK_FALSE(fingerprint::parse("users datamartusers: a b\n") == f); // of an earlier version
}

TEST_CASE("installed triggers: each must be there and fire when it should", "[fingerprint]") {
    triggers_by_name all{{"json_export_changed", 'A'},     {"json_export_marked", 'A'},
                         {"json_export_inserted", 'A'},    {"json_export_renumbered", 'A'},
                         {"json_export_truncated", 'A'},   {"json_export_deleted", 'O'},
                         {"json_export_deleted_row", 'R'}, {"somebodys", 'D'}};
    CHECK(missing_triggers(watched_as::dataset, 'r', false, all).empty());
    CHECK(missing_triggers(watched_as::dataset, 'p', false, all).size() == 1); // deletions by row
    CHECK(missing_triggers(watched_as::dimension, 'r', false, all).size() == 7);
    for (auto const& [name, enabled] : all) {
        if (name == "somebodys")
            continue;
        auto less = all;
        less.erase(name);
        CHECK(missing_triggers(watched_as::dataset, 'r', false, less) == std::vector{name});
        less[name] = 'D';
        CHECK(missing_triggers(watched_as::dataset, 'r', false, less) == std::vector{name + " (disabled)"});
    }
    all["json_export_changed"] = 'O'; // what ENABLE TRIGGER ALL makes of it
    CHECK(missing_triggers(watched_as::dataset, 'r', false, all).size() == 1);
}
