// Statements whose time must not grow with the square of the rows, whatever memory the server has for them.
#include "support/catch.hpp"

#include "document/document_query.hpp"
#include "source/work_list.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <sstream>

using namespace notes_export;
using test::contains;

namespace {

struct plan_fixture : test::export_fixture {
    dataset const users = standard_datasets().front();
    sql statements{export_config{}};

    plan_fixture() : export_fixture{"installed"} {
        db.exec("SET work_mem = '64kB'; SET session_replication_role = replica");
    }
    void fill(int rows) {
        db.exec("ALTER TABLE dwh.datamartusers DISABLE TRIGGER USER;"
                "INSERT INTO dwh.dimension_users (dimension_user_id, user_id, is_current) SELECT n, n, TRUE"
                " FROM generate_series(1, " +
                std::to_string(rows) +
                ") n; INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, json_exported)"
                " SELECT n, n, 'user ' || n, n % 5 < 2 FROM generate_series(1, " +
                std::to_string(rows) + ") n; ANALYZE");
    }
    /// Inner sides of nested loops that read a whole table, and lists that are searched from their beginning.
    std::string quadratic(std::string const& statement) {
        std::istringstream plan{db.psql("SET work_mem = '64kB'; " + statement)};
        std::string line, bad;
        std::vector<std::pair<std::size_t, int>> loops; // indentation of a nested loop, children seen
        while (std::getline(plan, line)) {
            auto const arrow = line.find("->");
            auto const depth = arrow == std::string::npos ? line.find_first_not_of(' ') : arrow;
            while (!loops.empty() && depth <= loops.back().first)
                loops.pop_back();
            bool const child = arrow != std::string::npos && !loops.empty();
            if (child && depth <= loops.back().first + 6 && ++loops.back().second == 2 &&
                (contains(line, "Seq Scan on data") || contains(line, "Seq Scan on dim") || contains(line, "CTE Scan")))
                bad += line + '\n';
            if (contains(line, "Nested Loop"))
                loops.emplace_back(depth, 0);
            if (contains(line, "(SubPlan") && contains(line, "NOT") && !contains(line, "hashed"))
                bad += line + '\n';
        }
        return bad;
    }
    /// With a plan as for that many rows in the lists.
    std::string plan_of(std::string statement, int listed, std::vector<std::string> const& types) {
        for (std::size_t i = types.size(); i > 0; --i) {
            auto const parameter = "$" + std::to_string(i);
            std::string const list = "(SELECT array_agg(" + std::string{types[i - 1] == "xid" ? "'3'::xid" : "n"} +
                                     ") FROM generate_series(1, " + std::to_string(listed) + ") n)";
            for (auto at = statement.find(parameter); at != std::string::npos; at = statement.find(parameter, at + 1))
                statement.replace(at, parameter.size(), list);
        }
        return quadratic("EXPLAIN " + statement);
    }
};

} // namespace

TEST_CASE_METHOD(plan_fixture, "plans: no statement reads a table once for each row of another", "[plan][db]") {
    int const rows = GENERATE(100, 30'000);
    fill(rows);
    int const listed = GENERATE(1, 5'000);
    INFO(rows << " rows, " << listed << " listed");
    for (auto const& text : {statements.pending_rows(users), statements.rows_of_ids(users),
                             statements.rows_of_keys(users), statements.counts(users)})
        CHECK(plan_of(text, listed, {"bigint", text == statements.counts(users) ? "xid" : "bigint", "bigint"}) == "");
    for (auto const& text : {statements.mark(users), statements.flag(users), statements.mark_and_compare(users)})
        CHECK(plan_of(text, listed, {"bigint", "xid", "bigint"}) == "");
    for (auto const& text : {statements.all_rows(users, true), statements.repeated_ids(users), statements.ids(users)})
        CHECK(plan_of(text, listed, {}) == "");
}

TEST_CASE_METHOD(plan_fixture, "plans: most of 500,000 rows may be pending", "[plan][db]") {
    fill(500'000);
    db.exec("ALTER DATABASE " + db.name() + " SET work_mem = '1MB'");
    pg::connection c{config(), "reader"};
    c.limit_statements(std::chrono::seconds{60}); // it took more than 300 s
    pg::transaction const snapshot{c, "read", "ISOLATION LEVEL REPEATABLE READ READ ONLY; " + sql::plan_once()};
    auto const list = read_pending_rows(c, statements, users, {.keys = {1, 2, 3}, .ids = {4, 5}});
    CHECK(list.rows.size() >= 300'000);
    CHECK(std::ranges::is_sorted(list.rows, {}, &work_row::id));
}
