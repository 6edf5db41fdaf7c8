// Two databases get the same changes. One exporter lives on and makes its indexes from the published ones; for the
// other database each cycle is a full export of a new exporter. The trees are the same after every cycle.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/tree_contents.hpp"

#include <random>

using namespace notes_export;

namespace {

/// Statements that do the same in both databases.
class random_changes {
public:
    explicit random_changes(unsigned seed) : m_random{seed} {}

    std::string next() {
        auto const id = std::to_string(1 + below(20));
        auto const key = std::to_string(900'000 + below(40));
        auto const of_id = " WHERE user_id = " + id;
        auto const of_key = " WHERE dimension_user_id = " + key;
        switch (below(16)) {
        case 0:
        case 1:
        case 14:
        case 15:
            return insert(id, key);
        case 2:
        case 3:
            return "UPDATE dwh.datamartusers SET history_whole_open = " + counter() +
                   ", history_whole_closed = greatest(history_whole_closed, 0), username = coalesce(username, "
                   "'mended')" +
                   of_id;
        case 4:
            return "UPDATE dwh.datamartusers SET history_whole_open = " + counter() +
                   ", history_whole_closed = " + counter() + " WHERE user_id % 7 = " + std::to_string(below(7)) +
                   " AND dimension_user_id >= 900000";
        case 5:
            return "UPDATE dwh.datamartusers SET username = " + name() + of_key;
        case 6:
            return "DELETE FROM dwh.datamartusers" + (below(2) == 0 ? of_key : of_id);
        case 7:
        case 8:
            return "UPDATE dwh.dimension_users SET is_current = NOT is_current" + of_key;
        case 9: // refused, until another change mends it
            return "UPDATE dwh.datamartusers SET history_whole_closed = -1" + of_key;
        case 10:
            return "UPDATE dwh.datamartusers SET username = NULL" + of_id;
        case 11:
            return "UPDATE dwh.datamartusers SET user_id = " + (below(4) == 0 ? std::string{"NULL"} : number(41)) +
                   of_key;
        case 12:
            return "UPDATE dwh.datamartusers SET notes_resolved_count = " + number(9) + of_id;
        default:
            return "UPDATE dwh.datamartcountries SET history_whole_open = " + counter() + ", country_name = " + name() +
                   ", avg_days_to_resolution = " + number(9) +
                   ".5 WHERE dimension_country_id IN (SELECT dimension_country_id FROM dwh.datamartcountries"
                   " ORDER BY country_id OFFSET " +
                   number(6) + " LIMIT 2)";
        }
    }

private:
    unsigned below(unsigned n) { return static_cast<unsigned>(m_random() % n); }
    std::string number(unsigned n) { return std::to_string(below(n)); }
    std::string counter() { return below(4) == 0 ? "NULL" : number(6); }
    std::string name() { return "E'n\\\\n\\n], [{\"\\\\\\\\ " + number(1000) + "'"; }

    std::string insert(std::string const& id, std::string const& key) {
        return "INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current) VALUES (" +
               key + ", " + id + ", 'd', FALSE, " + (below(2) == 0 ? "TRUE" : "FALSE") +
               ") ON CONFLICT DO NOTHING; INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username,"
               " id_contributor_type, history_whole_open, history_whole_closed) VALUES (" +
               key + ", " + id + ", " + name() + ", 1, " + counter() + ", " + counter() + ") ON CONFLICT DO NOTHING";
    }

    std::mt19937 m_random;
};

enum class kind { whole, with_shards, shards_alone };

export_config as(kind k, export_config c) {
    auto& users = c.datasets.front();
    users.shards.make = k != kind::whole;
    users.shards.top = 8;
    if (k == kind::shards_alone)
        users.index_path.clear();
    return c;
}

void follow_changes(unsigned seed, kind what) {
    test::export_fixture merging;
    test::export_fixture anew;
    exporter one{as(what, merging.config())};
    one.run({});
    exporter{as(what, anew.config())}.run({});
    random_changes changes{seed};
    std::size_t refused = 0, removed = 0, written = 0, merged = 0;
    for (int cycle = 0; cycle < 50; ++cycle) {
        std::string history;
        for (auto n = 1 + cycle % 6; n >= 0; --n) {
            auto const statement = changes.next();
            history += statement + ";\n";
            merging.db.exec(statement);
            anew.db.exec(statement);
        }
        INFO("seed " << seed << ", cycle " << cycle << ":\n" << history);
        auto const report = one.run({.full = false, .allow_shrink = true});
        exporter{as(what, anew.config())}.run({.full = true, .allow_shrink = true});
        REQUIRE(report.mode == cycle_mode::incremental);
        auto const ours = test::timeless(test::contents_of(merging.tree()));
        auto const theirs = test::timeless(test::contents_of(anew.tree()));
        for (auto const& path : test::differences(ours, theirs))
            UNSCOPED_INFO(path << ": " << (ours.contains(path) ? ours.at(path).substr(0, 300) : "none") << " | "
                               << (theirs.contains(path) ? theirs.at(path).substr(0, 300) : "none"));
        REQUIRE(test::differences(ours, theirs) == std::vector<std::string>{});
        refused = std::max(refused, report.in_quarantine());
        removed += test::users_of(report).removed;
        auto const& users = test::users_of(report);
        written += users.index_written || users.shards_written > 0 ? 1 : 0;
        merged += test::users_of(report).index_merged ? 1 : 0;
    }
    CHECK(refused > 2);
    CHECK(removed > 2);
    CHECK(written > (what == kind::shards_alone ? 10 : 20));
    CHECK(merged > 20);
}

} // namespace

// One test for each, as each takes long where a sanitizer looks on.
TEST_CASE("index parity: what is made of changes is what the table gives, whatever changes", "[index][db]") {
    follow_changes(1, kind::whole);
}

TEST_CASE("index parity: the same of other changes", "[index][db]") {
    follow_changes(2, kind::whole);
}

TEST_CASE("index parity: shards beside an index", "[index][db]") {
    follow_changes(1, kind::with_shards);
}

TEST_CASE("index parity: shards alone", "[index][db]") {
    follow_changes(2, kind::shards_alone);
}
