// Which shards changes make others: always those that making all of them anew would give.
#include "support/catch.hpp"

#include "index/reader.hpp"
#include "schema/schema.hpp"
#include "shard/index_state.hpp"
#include "shard/text.hpp"

#include <filesystem>
#include <map>
#include <random>

using namespace notes_export;
using namespace notes_export::shard;

namespace {

using entries = std::map<std::int64_t, listed_entry>;

std::string text_of(listed_entry const& e) {
    return "{\"id\":" + std::to_string(e.id) + ",\"name\":" + e.name + '}';
}

std::vector<listed_entry> in_order(entries const& all) {
    std::vector<listed_entry> sorted;
    for (auto const& [id, e] : all)
        sorted.push_back(e);
    std::ranges::sort(
        sorted, [](auto const& a, auto const& b) { return a.order != b.order ? a.order > b.order : a.id < b.id; });
    return sorted;
}

constexpr std::size_t top_size = 7;

index_state made_of(entries const& all) {
    listing names{2, all.size()};
    std::vector<top_entry> top;
    for (auto const& e : in_order(all)) {
        names.append(e);
        if (top.size() < top_size)
            top.push_back({e.id, text_of(e)});
    }
    REQUIRE(names.sort_ids());
    bigram_lists lists{names};
    return {std::move(names), std::move(lists), std::move(top)};
}

/// Every file, by something that names it.
std::map<std::string, std::string> files_of(index_state const& s) {
    std::map<std::string, std::string> files;
    s.names.for_each_shard(nullptr, [&](unsigned n, std::span<slot const> e) {
        if (!e.empty())
            files["names " + std::to_string(n)] = pairs_text(s.names, e);
    });
    for (auto const pair : s.bigrams.all())
        files["bigram " + std::to_string(pair.first) + ' ' + std::to_string(pair.second)] =
            pairs_text(s.names, s.bigrams.of(pair));
    files["top"] = top_text(s.top);
    return files;
}

std::set<std::string> named(touched_shards const& touched) {
    std::set<std::string> names{"top"};
    for (auto const n : touched.names)
        names.insert("names " + std::to_string(n));
    for (auto const pair : touched.bigrams)
        names.insert("bigram " + std::to_string(pair.first) + ' ' + std::to_string(pair.second));
    return names;
}

std::set<std::string> differences(std::map<std::string, std::string> const& a,
                                  std::map<std::string, std::string> const& b) {
    std::set<std::string> names;
    for (auto const& [one, other] : {std::pair{&a, &b}, std::pair{&b, &a}})
        for (auto const& [name, text] : *one)
            if (auto const found = other->find(name); found == other->end() || found->second != text)
                names.insert(name);
    return names;
}

/// Names of few letters, so that many share a bigram; values of few numbers, so that ids decide.
struct random_changes {
    std::mt19937 random;
    entries all;

    std::string name() {
        std::string text = "\"";
        for (auto n = random() % 6; n > 0; --n)
            text += "abAB\xC3\xA4"[random() % 4];
        return random() % 50 == 0 ? "null" : text + '"';
    }
    listed_entry entry(std::int64_t id) {
        return {id, name(), {static_cast<double>(random() % 5), static_cast<double>(random() % 5)}};
    }
    std::vector<listed_change> step() {
        std::map<std::int64_t, listed_change> changes;
        for (auto n = 1 + random() % 8; n > 0; --n) {
            auto const id = static_cast<std::int64_t>(1 + random() % 120);
            auto const old = all.find(id);
            listed_change c{id, std::nullopt};
            auto const kind = random() % 4;
            if (kind == 0 || old == all.end())
                c.entry = entry(id);
            else if (kind == 1)
                c.entry = listed_entry{id, old->second.name, entry(id).order};
            else if (kind == 2)
                c.entry = old->second;
            changes.insert_or_assign(id, c);
        }
        std::vector<listed_change> list;
        for (auto const& [id, c] : changes)
            list.push_back(c);
        return list;
    }
    void apply(std::vector<listed_change> const& changes) {
        for (auto const& c : changes)
            if (c.entry)
                all.insert_or_assign(c.id, *c.entry);
            else
                all.erase(c.id);
    }
};

changed_texts texts_of(std::vector<listed_change> const& changes) {
    changed_texts texts;
    for (auto const& c : changes)
        texts.emplace(c.id, c.entry ? text_of(*c.entry) : "");
    return texts;
}

listed_entry entry_of(std::int64_t id, std::string const& name, double count) {
    return {id, name, {count, 0}};
}

} // namespace

TEST_CASE("index state: changes give what making it anew gives", "[shard]") {
    for (unsigned seed = 1; seed <= 40; ++seed) {
        random_changes r{std::mt19937{seed}, {}};
        for (std::int64_t id = 1; id <= 100; ++id)
            r.all.emplace(id, r.entry(id));
        auto state = made_of(r.all);
        for (int i = 0; i < 60; ++i) {
            auto const before = files_of(state);
            auto const changes = r.step();
            r.apply(changes);
            update_undo undo;
            auto const touched = update(state, changes, undo);
            auto const ask = [&](std::vector<std::int64_t> const& ids) {
                CHECK(std::ranges::is_sorted(ids));
                changed_texts texts;
                for (auto const id : ids)
                    texts.emplace(id, text_of(r.all.at(id)));
                return texts;
            };
            undo.top = std::exchange(state.top, new_top(state, top_size, texts_of(changes), ask));
            auto const after = files_of(state);
            REQUIRE(differences(after, files_of(made_of(r.all))) == std::set<std::string>{});
            CHECK(std::ranges::includes(named(touched), differences(before, after)));
            if (r.random() % 5 == 0) { // taken back, and done again
                take_back(state, std::move(undo));
                REQUIRE(differences(files_of(state), before) == std::set<std::string>{});
                update_undo again;
                update(state, changes, again);
                state.top = new_top(state, top_size, texts_of(changes), ask);
                REQUIRE(differences(files_of(state), after) == std::set<std::string>{});
            }
        }
    }
}

TEST_CASE("index state: a count changes no shard of names", "[shard]") {
    entries all;
    for (std::int64_t id = 1; id <= 30; ++id)
        all.emplace(id, entry_of(id, "\"ab" + std::to_string(id) + '"', static_cast<double>(100 - id)));
    auto state = made_of(all);
    update_undo undo;
    auto const touched = update(state, std::vector<listed_change>{{30, entry_of(30, "\"ab30\"", 1000)}}, undo);
    CHECK(touched.names.empty());
    CHECK(touched.bigrams.size() == 3); // ab, b3, 30
    CHECK(pairs_text(state.names, state.bigrams.of({U'a', U'b'})).starts_with("[[\"ab30\",30],\n[\"ab1\",1]"));
}

TEST_CASE("index state: an entry that did not change touches nothing", "[shard]") {
    entries all{{7, entry_of(7, "\"Bob\"", 3)}};
    auto state = made_of(all);
    update_undo undo;
    auto const touched =
        update(state, std::vector<listed_change>{{7, entry_of(7, "\"Bob\"", 3)}, {8, std::nullopt}}, undo);
    CHECK(touched.names.empty());
    CHECK(touched.bigrams.empty());
}

TEST_CASE("index state: two of one name, odd names, and no name at all", "[shard]") {
    std::string const long_name = '"' + std::string(10'007, 'x') + '"';
    entries all{{1, entry_of(1, "\"Twin\"", 1)},      {2, entry_of(2, "\"twin\"", 9)}, {3, entry_of(3, "\"Twin\"", 5)},
                {4, entry_of(4, "null", 4)},          {5, entry_of(5, "\"\"", 4)},     {6, entry_of(6, long_name, 4)},
                {7, entry_of(7, "\"\\u0001\\n\"", 4)}};
    auto const files = files_of(made_of(all));
    CHECK(files.at("names " + std::to_string(shard_of(U"twin"))) == "[[\"Twin\",1],\n[\"Twin\",3],\n[\"twin\",2]]\n");
    CHECK(files.at("bigram 116 119") == "[[\"twin\",2],\n[\"Twin\",3],\n[\"Twin\",1]]\n");
    CHECK(files.at("names " + std::to_string(shard_of(U""))) == "[[\"\",5],\n[null,4]]\n");
    CHECK(files.at("bigram 120 120") == "[[" + long_name + ",6]]\n");
    CHECK(files.at("bigram 1 10") == "[[\"\\u0001\\n\",7]]\n");
}

TEST_CASE("index state: an order that is no count is found, and changes nothing", "[shard]") {
    for (double const value : {-1.0, 0.5, 4294967295.0, 1e300}) {
        listing names{1, 1};
        names.append({7, "\"a\"", {value}});
        CHECK_FALSE(names.sort_ids());
        entries const all{{1, entry_of(1, "\"Bob\"", 4294967294.0)}};
        auto state = made_of(all);
        auto const before = files_of(state);
        update_undo undo;
        CHECK_THROWS_AS(update(state, std::vector<listed_change>{{1, entry_of(1, "\"x\"", value)}}, undo),
                        not_our_index);
        CHECK(files_of(state) == before);
    }
}

TEST_CASE("index state: two entries of one id are found", "[shard]") {
    listing names{1, 2};
    names.append({7, "\"a\"", {2}});
    names.append({7, "\"b\"", {1}});
    CHECK_FALSE(names.sort_ids());
}

TEST_CASE("listed entry: what a name and an order are made of", "[shard]") {
    auto d = standard_datasets().front();
    entry_reader const reader{d};
    auto const e =
        reader.read(7, R"({"user_id":7,"username":"a \"b\"","history_whole_open":null,"history_whole_closed":12})");
    CHECK(e.id == 7);
    CHECK(e.name == R"("a \"b\"")");
    CHECK(e.order[0] < -1e308);
    CHECK(e.order[1] == 12);
    CHECK_THROWS_AS(reader.read(7, R"({"user_id":7})"), std::invalid_argument);
}

TEST_CASE("shard text: what is written fits its schemas", "[shard]") {
    std::filesystem::path const schemas{EXPORTD_SOURCE_DIR "/conf/schemas"};
    schema_checker about{schema::load(schemas / "index-shards.schema.json")};
    schema_checker pairs{schema::load(schemas / "index-pairs.schema.json")};
    auto const d = standard_datasets().front();
    CHECK_FALSE(about.check(about_text(d)));
    CHECK(about.check("{}"));
    auto const state = made_of({{1, entry_of(1, "\"Bob\"", 1)}, {2, entry_of(2, "null", 9)}});
    CHECK_FALSE(pairs.check(pairs_text(state.names, state.names.order())));
    CHECK(pairs.check("[]"));
    CHECK(pairs.check("[[1.5,2]]"));
}
