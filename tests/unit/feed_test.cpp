#include "support/catch.hpp"

#include "feed/ahead_list.hpp"
#include "feed/outlook.hpp"
#include "feed/parse.hpp"
#include "feed/paths.hpp"
#include "feed/text.hpp"
#include "files/hex.hpp"
#include "files/sha256.hpp"
#include "schema/schema.hpp"
#include "support/list_text.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"

#include <fcntl.h>
#include <fstream>

using namespace notes_export;
using feed::ahead_entry;
using feed::outlook_facts;
using test::contains;

namespace {

change_list example() {
    change_list list;
    list.generation = 42;
    list.previous = 41;
    list.export_date = "2026-05-01T12:00:00Z";
    list.version = "1.0.0";
    list.changed = {{"users/0/3/9/12345.json", 17, sha256_of("a")}, {"metadata.json", 300, sha256_of("b")}};
    list.removed = {"users/0/0/1/1.json", "users/\xC3\xA9 \"x\\.json"};
    return list;
}

std::string with_path(std::string const& json) {
    auto text = test::list_text(example());
    std::string const path = "\"users/0/0/1/1.json\"";
    return text.replace(text.find(path), path.size(), json);
}

outlook_facts calm() {
    outlook_facts f;
    f.live = 7;
    f.recorded = 7;
    f.state = feed_state{7, 3, "2026-05-01T12:00:00Z"};
    f.list = outlook_facts::list_of_live::matches;
    return f;
}

struct ahead_fixture {
    test::temporary_directory root;
    tree files{root.path(), true};

    std::string text() const {
        std::ifstream in{root / std::string{feed::ahead_path}, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    feed::ahead_list emptied() {
        feed::ahead_list list{files};
        list.read();
        list.clear();
        return list;
    }
};

ahead_entry changed(std::string path) {
    return {ahead_entry::kind::changed, {std::move(path), 5, sha256_of("hello")}};
}

} // namespace

TEST_CASE("sha256: of bytes, as sha256sum prints it", "[feed]") {
    CHECK(hex_of(sha256_of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest_of_hex(hex_of(sha256_of("abc"))) == sha256_of("abc"));
    CHECK_FALSE(digest_of_hex("BA7816"));
}

TEST_CASE("feed: the path of a list has its number, as the planet's diffs have", "[feed]") {
    CHECK(feed::list_path(42) == "000/000/042.json");
    CHECK(feed::list_path(1'234'567) == "001/234/567.json");
    CHECK(feed::list_path(1'234'567'890) == "1234/567/890.json");
    for (std::uint64_t const g : {1ULL, 999ULL, 1000ULL, 1'234'567'890ULL})
        CHECK(feed::generation_at(feed::list_path(g)) == g);
    for (auto const* const other : {"000/000/000.json", "0/0/42.json", "000/000/042", "000/000/042.json.json", "",
                                    "0000/000/042.json", "000/000/0x2.json"})
        CHECK_FALSE(feed::generation_at(other));
}

TEST_CASE("feed: which paths a published file may have", "[feed]") {
    for (auto const* const good : {"metadata.json", "users/0/3/9/12345.json", "a b/c\xC3\xA9", ".json_export_version"})
        CHECK(feed::is_fit(good));
    for (auto const* const bad :
         {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "a\nb", "a\x7F", ".exportd", ".exportd/lock"})
        CHECK_FALSE(feed::is_fit(bad));
    CHECK(feed::is_fit(std::string(4096, 'x')));
    CHECK_FALSE(feed::is_fit(std::string(4097, 'x')));
}

TEST_CASE("feed: a list is read as it is written", "[feed]") {
    CHECK(feed::parse_list(test::list_text(example())) == example());
    auto incomplete = example();
    incomplete.complete = false;
    incomplete.reason = "first export";
    incomplete.removed.clear();
    incomplete.previous = 0;
    CHECK(feed::parse_list(test::list_text(incomplete)) == incomplete);
    feed_state const state{42, 7, "2026-05-01T12:00:00Z"};
    CHECK(feed::parse_state(feed::state_text(state)) == state);
}

TEST_CASE("feed: the state tells which twins there may be, and an older one does not", "[feed]") {
    feed_state state{42, 7, "2026-05-01T12:00:00Z"};
    CHECK_FALSE(contains(feed::state_text(state), "twins"));
    state.twins = compressions{};
    CHECK(contains(feed::state_text(state), "\"twins\": []}"));
    CHECK(feed::parse_state(feed::state_text(state)) == state);
    state.twins->add(compression::gzip);
    CHECK(contains(feed::state_text(state), "\"twins\": [\"gz\"]}"));
    state.twins->add(compression::brotli);
    CHECK(feed::parse_state(feed::state_text(state)) == state);
    auto const with = [](std::string const& twins) {
        return feed::parse_state(R"({"generation": 42, "oldest": 7, "export_date": "x", "twins": )" + twins + '}')
            .value()
            .twins;
    };
    CHECK(with(R"(["zst", 7, "br"])") == [] {
        compressions br;
        br.add(compression::brotli);
        return br;
    }());
    CHECK_FALSE(with("\"gz\""));
}

TEST_CASE("feed: what is wrong with a list is said", "[feed]") {
    auto const text = test::list_text(example());
    auto const generation = example().generation;
    CHECK(feed::fault_of_list(text, generation).empty());
    CHECK(feed::fault_of_list(text, generation + 1) == "it is that of generation " + std::to_string(generation));
    CHECK(feed::fault_of_list("<html>", 1) == "at byte 0 of 6: Invalid value");
    CHECK(contains(feed::fault_of_list(text.substr(0, 100), 1), "at byte 100 of 100"));
    CHECK(feed::fault_of_list("{}", 1) == "members are missing, or do not go together");
    CHECK(contains(feed::fault_of_list(with_path("\"../x\""), 1), "is what no change list of ours has"));
    CHECK(feed::fault_of_list(text + '\0', 1) == "byte " + std::to_string(text.size()) + " is NUL");
}

TEST_CASE("feed: hostile lists are refused", "[feed]") {
    CHECK(feed::parse_list(with_path("\"fine\"")));
    for (auto const* const bad :
         {"\"../x\"", "\"/x\"", "\"a\\u0000b\"", "\"a\\nb\"", "7", "{}", "[]", "null", "\"a\xFF\""})
        CHECK_FALSE(feed::parse_list(with_path(bad)));
    auto const text = test::list_text(example());
    for (std::size_t n = 0; n + 1 < text.size(); n += 7)
        CHECK_FALSE(feed::parse_list(text.substr(0, n)));
    CHECK_FALSE(feed::parse_list(text + "{}"));
    CHECK_FALSE(feed::parse_list(text + '\0'));
    CHECK_FALSE(feed::parse_list(std::string(100'000, '[')));
    CHECK_FALSE(feed::parse_list("{\"x\":" + std::string(100'000, '[')));
    CHECK_FALSE(feed::parse_list("{\"generation\": 1, \"generation\": 2}"));
    CHECK_FALSE(feed::parse_state("{\"generation\": 1, \"oldest\": 2, \"export_date\": \"\"}"));
    CHECK_FALSE(feed::parse_state(""));
}

TEST_CASE("feed: unknown members are passed over", "[feed]") {
    auto text = test::list_text(example());
    text.insert(1, "\"later\": {\"path\": [1, {\"changed\": null}]}, \"half\": 0.5, ");
    CHECK(feed::parse_list(text) == example());
}

TEST_CASE("feed: a list of 500,000 paths is read, and its end alone", "[feed]") {
    auto list = example();
    list.changed.clear();
    for (int i = 0; i < 500'000; ++i)
        list.changed.push_back({"users/0/0/0/" + std::to_string(i) + ".json", 1, {}});
    list.changed.push_back(example().changed.back());
    test::temporary_directory root;
    std::ofstream{root / "list"} << test::list_text(list);
    file const f{::open((root / "list").c_str(), O_RDONLY | O_CLOEXEC)};
    CHECK(feed::read_list(f.fd(), root / "list") == list);
    REQUIRE(::lseek(f.fd(), 0, SEEK_SET) == 0);
    auto const end = feed::read_list(f.fd(), root / "list", feed::list_part::last);
    REQUIRE(end);
    CHECK(end->changed == std::vector{list.changed.back()});
}

TEST_CASE("feed: the next list is complete when tree and feed agree", "[feed]") {
    CHECK(feed::look_out(calm()).complete);
    CHECK(feed::look_out(calm()).newest == 7);
    CHECK_FALSE(feed::look_out(calm()).state_owed);
    auto f = calm();
    f.state->generation = 6; // killed before state.json was replaced
    CHECK(feed::look_out(f).complete);
    CHECK(feed::look_out(f).state_owed);
    f.state.reset();
    CHECK(feed::look_out(f).complete);
    CHECK(feed::look_out(f).state_owed);
}

TEST_CASE("feed: what was restored, replaced or taken over begins anew, above every number", "[feed]") {
    auto const incomplete = [](auto change) {
        auto f = calm();
        change(f);
        auto const found = feed::look_out(f);
        CHECK_FALSE(found.complete);
        CHECK_FALSE(found.reason.empty());
        CHECK_FALSE(found.state_owed);
        return found;
    };
    using facts = outlook_facts;
    incomplete([](facts& f) { f.live.reset(); });
    incomplete([](facts& f) { f.live = 0; });
    incomplete([](facts& f) { f.list = facts::list_of_live::differs; });
    incomplete([](facts& f) { f.list = facts::list_of_live::none; });
    incomplete([](facts& f) { f.ahead_lost = true; });
    incomplete([](facts& f) { f.less_is_exported = true; });
    incomplete([](facts& f) {
        f.state.reset();
        f.elsewhere = true;
    });
    CHECK(incomplete([](facts& f) { f.recorded = 9; }).newest == 9);
    CHECK(incomplete([](facts& f) { f.state->generation = 12; }).newest == 12);
    CHECK(incomplete([](facts& f) { f.state->generation = 5; }).newest == 7);
    CHECK(incomplete([](facts& f) { f.newest_elsewhere = 20; }).newest == 20);
    CHECK(incomplete([](facts& f) {
              f.state.reset();
              f.newest_list = 8;
          }).newest == 8);
    facts nothing;
    nothing.tree_is_empty = true;
    CHECK(feed::look_out(nothing).reason == "first export");
}

TEST_CASE_METHOD(ahead_fixture, "write-ahead list: a new one says that an old one may be lost", "[feed]") {
    feed::ahead_list list{files};
    CHECK(list.read().anything);
    CHECK(list.in_place(files));
    list.clear();
    CHECK_FALSE(feed::ahead_list{files}.read().anything);
    std::filesystem::remove(root / std::string{feed::ahead_path});
    CHECK_FALSE(list.in_place(files));
    CHECK(feed::ahead_list{files}.read().anything);
}

TEST_CASE_METHOD(ahead_fixture, "write-ahead list: blocks are read again, half a block is cut off", "[feed]") {
    auto list = emptied();
    list.append({changed("b"), {ahead_entry::kind::removed, {"a", 0, {}}}});
    auto const first = list.end();
    list.append({changed("c"), changed("b")});
    CHECK(feed::ahead_list{files}.read().paths == std::vector<std::string>{"a", "b", "c"});
    std::vector<std::string> later;
    list.for_each_from(first, [&](ahead_entry const& e) { later.push_back(e.file.path); });
    CHECK(later == std::vector<std::string>{"c", "b"});
    for (auto size = text().size() - 1; size > first; --size) {
        std::filesystem::resize_file(root / std::string{feed::ahead_path}, size);
        feed::ahead_list again{files};
        CHECK(again.read().paths == std::vector<std::string>{"a", "b"});
        CHECK(again.end() == first);
        std::filesystem::resize_file(root / std::string{feed::ahead_path}, size);
    }
}

TEST_CASE_METHOD(ahead_fixture, "write-ahead list: written anew it says the same", "[feed]") {
    auto list = emptied();
    list.append({changed("b"), changed("a")});
    auto const before = list.read();
    list.rewrite(files, before);
    CHECK(list.in_place(files));
    CHECK(feed::ahead_list{files}.read().paths == before.paths);
    list.append({changed("c")});
    CHECK(feed::ahead_list{files}.read().paths == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("feed: what is written fits its schemas", "[feed]") {
    std::filesystem::path const schemas{EXPORTD_SOURCE_DIR "/conf/schemas"};
    schema_checker lists{schema::load(schemas / "change-list.schema.json")};
    schema_checker states{schema::load(schemas / "change-feed-state.schema.json")};
    CHECK_FALSE(lists.check(test::list_text(example())));
    auto incomplete = example();
    incomplete.complete = false;
    incomplete.reason = "first export";
    CHECK_FALSE(lists.check(test::list_text(incomplete)));
    CHECK_FALSE(states.check(feed::state_text({42, 7, "2026-05-01T12:00:00Z"})));
    CHECK_FALSE(states.check(feed::state_text({42, 7, "2026-05-01T12:00:00Z", compressions{}})));
    CHECK(states.check(feed::state_text({0, 7, "2026-05-01T12:00:00Z"})));
}
