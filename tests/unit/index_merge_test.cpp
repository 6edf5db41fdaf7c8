#include "support/catch.hpp"

#include "index/merge.hpp"
#include "notes_export/error.hpp"
#include "support/export_fixture.hpp"
#include "support/index_rows.hpp"

#include <algorithm>
#include <random>

using namespace notes_export;

namespace {

dataset const users = standard_datasets().front();

using row = test::index_row;
using test::index_of;

std::string const no_index = "not an index of ours";
std::string const unchanged = "nothing to write";

struct merge_fixture {
    test::temporary_directory root;
    tree files{root.path(), true};
    staging stage{files};

    std::string merged(std::string const& published, std::vector<index_change> const& changes) {
        std::ofstream{root / "index.json", std::ios::binary} << published;
        auto const live = files.open_file("index.json");
        try {
            index_merge const merge{users, live.fd(), root / "index.json", published.size(), changes};
            if (!merge.changes_anything())
                return unchanged;
            auto const staged = merge.write(stage, "index.json");
            auto const text = test::read_file(stage.full(staged.name));
            CHECK(merge.size() == text.size());
            stage.discard(staged);
            return text;
        } catch (not_our_index const&) {
            CHECK(stage.names().empty());
            return no_index;
        }
    }
    std::string removed(std::vector<row> const& rows, std::int64_t id) {
        return merged(index_of(rows), {{id, std::nullopt}});
    }
    std::string replaced(std::vector<row> const& rows, row const& r) {
        return merged(index_of(rows), {{r.id, r.entry()}});
    }
};

std::vector<row> rows_with_counters(std::initializer_list<int> counters) {
    std::vector<row> rows;
    for (int const n : counters)
        rows.push_back({n, n, 0});
    return rows;
}

} // namespace

TEST_CASE_METHOD(merge_fixture, "index_merge: the first, a middle and the last entry change place", "[index]") {
    for (int const from : {50, 40, 30, 20, 10})
        for (int const to : {60, 45, 35, 25, 15, 5}) {
            auto rows = rows_with_counters({50, 40, 30, 20, 10});
            auto const moved = std::ranges::find(rows, from, &row::id);
            auto const before = rows;
            moved->open = to;
            CHECK(replaced(before, *moved) == index_of(rows));
        }
}

TEST_CASE_METHOD(merge_fixture, "index_merge: any entry can go, or come", "[index]") {
    auto const rows = rows_with_counters({5, 4, 3, 2, 1});
    for (auto const& r : rows) {
        auto fewer = rows;
        std::erase_if(fewer, [&](row const& other) { return other.id == r.id; });
        CHECK(removed(rows, r.id) == index_of(fewer));
        CHECK(replaced(fewer, r) == index_of(rows));
    }
}

TEST_CASE_METHOD(merge_fixture, "index_merge: an empty index is filled, and the last entry leaves one", "[index]") {
    row const one{7, 2, 3};
    CHECK(replaced({}, one) == index_of({one}));
    CHECK(removed({one}, 7) == "[]\n");
    CHECK(merged(index_of({one}), {{7, std::nullopt}, {8, row{8, 1, 1}.entry()}}) == index_of({{8, 1, 1}}));
    CHECK(removed({}, 7) == unchanged);
    CHECK(merged("[]\n", {}) == unchanged);
}

TEST_CASE_METHOD(merge_fixture, "index_merge: an entry with the same text changes nothing", "[index]") {
    auto const rows = rows_with_counters({5, 4, 3});
    CHECK(replaced(rows, rows[1]) == unchanged);
    CHECK(removed(rows, 77) == unchanged);
    auto renamed = rows;
    renamed[1].name = "another";
    CHECK(replaced(rows, renamed[1]) == index_of(renamed));
}

TEST_CASE_METHOD(merge_fixture, "index_merge: entries longer than a block", "[index]") {
    std::vector<row> rows;
    for (int id = 1; id <= 40; ++id)
        rows.push_back({id, id % 7, id % 3, std::string(id % 5 == 0 ? 700'000 : 3, 'x') + std::to_string(id)});
    for (auto const id : {1, 5, 6, 35, 40}) {
        auto fewer = rows;
        std::erase_if(fewer, [&](row const& other) { return other.id == id; });
        CHECK((removed(rows, id) == index_of(fewer))); // not to be printed
        auto moved = rows;
        moved[static_cast<std::size_t>(id - 1)].open = 4;
        CHECK((replaced(rows, moved[static_cast<std::size_t>(id - 1)]) ==
               (moved[static_cast<std::size_t>(id - 1)].open == rows[static_cast<std::size_t>(id - 1)].open
                    ? unchanged
                    : index_of(moved))));
    }
}

TEST_CASE_METHOD(merge_fixture, "index_merge: entries on every side of a block's end", "[index]") {
    for (std::size_t pad = 0; pad < 100; ++pad) {
        std::vector<row> rows{{1, 1'000'000, 0, std::string(512 * 1024 - 200 + pad, 'x')}};
        for (int id = 2; id < 12; ++id)
            rows.push_back({id, 100 - id, std::nullopt});
        auto changed = rows;
        changed[5].closed = 3;
        changed[6].open = 95;
        auto const text = merged(index_of(rows), {{6, changed[5].entry()}, {7, changed[6].entry()}});
        REQUIRE((text == index_of(changed)));
    }
}

TEST_CASE_METHOD(merge_fixture, "index_merge: gives what sorting everything gives", "[index]") {
    std::mt19937 random{7};
    auto const number = [&](int most) -> std::optional<int> {
        auto const n = std::uniform_int_distribution<int>{-1, most}(random);
        return n < 0 ? std::nullopt : std::optional{n};
    };
    std::map<std::int64_t, row> rows;
    auto const all = [&] {
        std::vector<row> values;
        for (auto const& [id, r] : rows)
            values.push_back(r);
        return values;
    };
    for (int round = 0; round < 300; ++round) {
        auto const before = index_of(all());
        std::map<std::int64_t, index_change> changes;
        for (int i = *std::max(number(40), std::optional{0}); i >= 0; --i) {
            std::int64_t const id = 1 + number(300).value_or(0);
            rows.erase(id);
            changes.insert_or_assign(id, index_change{id, std::nullopt});
            if (number(5).value_or(0) > 0) {
                rows.emplace(id, row{id, number(9), number(3), "a ] \\n, [ " + std::to_string(*number(2) + 1)});
                changes.at(id).entry = rows.at(id).entry();
            }
        }
        std::vector<index_change> list;
        for (auto const& [id, c] : changes)
            list.push_back(c);
        auto const after = index_of(all());
        REQUIRE(merged(before, list) == (after == before ? unchanged : after));
    }
    CHECK(rows.size() > 100);
}

TEST_CASE_METHOD(merge_fixture, "index_merge: what is no index of ours is not used", "[index]") {
    row const one{1, 2, 3}, two{2, 1, 1}, new_one{3, 5, 5};
    auto const whole = index_of({one, two});
    for (auto const& text :
         {std::string{}, std::string{"["}, std::string{"[]"}, std::string{"{}\n"}, std::string{"[\n]\n"},
          whole.substr(0, whole.size() - 1), whole.substr(0, whole.size() - 2), whole.substr(1),
          index_of({one}) + index_of({two}),
          std::string{"[{\"user_id\":1,\"history_whole_open\":1.5,\"history_whole_closed\":1}]\n"},
          std::string{"[{\"user_id\":1,\"history_whole_open\":9007199254740993,\"history_whole_closed\":1}]\n"},
          std::string{"[{\"user_id\":null,\"history_whole_open\":1,\"history_whole_closed\":1}]\n"},
          std::string{"[{\"user_id\":1,\"history_whole_open\":1}]\n"},
          std::string{"[{\"user_id\":1,\"history_whole_open\":\"7\",\"history_whole_closed\":1}]\n"},
          std::string{"[{\"username\":\"x\",\"user_id\":1,\"history_whole_open\":7,\"history_whole_closed\":1}]\n"}}) {
        INFO(text);
        CHECK(merged(text, {{3, new_one.entry()}}) == no_index);
    }
    CHECK(merged(whole, {{1, "{\"user_id\":1,\"history_whole_open\":1e3,\"history_whole_closed\":1}"}}) == no_index);
    CHECK(merged(whole, {{3, one.entry()}}) == no_index);
    CHECK(merged(whole, {{1, "{\"user_id\":1,\n\"history_whole_open\":1,\"history_whole_closed\":1}"}}) == no_index);
}
