// Where shards are, and which paths are theirs.
#include "support/catch.hpp"

#include "publish/scratch_tree.hpp"
#include "shard/index_note.hpp"
#include "shard/paths.hpp"
#include "shard/present.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

using namespace notes_export;
using shard::index_note;

namespace {

dataset users(bool make = true) {
    auto d = standard_datasets().front();
    d.shards.make = make;
    return d;
}

} // namespace

TEST_CASE("shard paths: hexadecimal, a few hundred in a directory", "[shard]") {
    shard::paths const where{users()};
    CHECK(where.about() == "indexes/users/shards.json");
    CHECK(where.top() == "indexes/users/top.json");
    CHECK(where.names(0x3F0) == "indexes/users/names/3/f0.json");
    CHECK(where.names(4095) == "indexes/users/names/f/ff.json");
    CHECK(where.of({U'a', U'b'}) == "indexes/users/bigrams/3/61-62.json");
    CHECK(where.of({0x10FFFF, U'/'}) == "indexes/users/bigrams/e/10ffff-2f.json");
    std::set<std::string> all;
    for (unsigned n = 0; n < shard::name_shards; ++n)
        all.insert(where.names(n));
    CHECK(all.size() == shard::name_shards);
}

TEST_CASE("shard paths: each is known by its path, and no other", "[shard]") {
    shard::paths const where{users()};
    CHECK(where.contains(where.about()));
    CHECK(where.contains(where.top()));
    for (unsigned n = 0; n < shard::name_shards; n += 7)
        CHECK(where.contains(where.names(n)));
    for (auto const& path : {where.of({U'a', U'b'}), where.of({0, 0}), where.of({0x10FFFF, 0x10FFFF})})
        CHECK(where.contains(path));
    for (auto const* const path : {"",
                                   "indexes/users",
                                   "indexes/users.json",
                                   "indexes/users/",
                                   "indexes/users/top.json.gz",
                                   "indexes/users/x.json",
                                   "indexes/users/names/3/f0",
                                   "indexes/users/names/3/F0.json",
                                   "indexes/users/names/3/f.json",
                                   "indexes/users/names/3/0f0.json",
                                   "indexes/users/names/10/f0.json",
                                   "indexes/users/names/f0.json",
                                   "indexes/users/names/3/100.json",
                                   "indexes/users/names/g/f0.json",
                                   "indexes/users/names//f0.json",
                                   "indexes/users/bigrams/4/61-62.json",
                                   "indexes/users/bigrams/3/61-062.json",
                                   "indexes/users/bigrams/3/61-6A.json",
                                   "indexes/users/bigrams/3/61-62-63.json",
                                   "indexes/users/bigrams/3/-61-62.json",
                                   "indexes/users/bigrams/1/110000-1.json",
                                   "indexes/users/bigrams/3/x/61-62.json",
                                   "indexes/users/bigrams/3/61-.json",
                                   "indexes/usersx/top.json",
                                   "indexes/users/names/0/../3/f0.json",
                                   "x/indexes/users/top.json"}) {
        INFO(path);
        CHECK_FALSE(where.contains(path));
    }
}

TEST_CASE("shard paths: directories", "[shard]") {
    shard::paths const where{users()};
    CHECK(where.directories().size() == 33);
    for (auto const& directory : where.directories())
        CHECK(where.may_hold(directory));
    for (auto const* const directory : {"", "indexes", "indexes/users/names", "indexes/users/bigrams"})
        CHECK(where.may_hold(directory));
    for (auto const* const directory :
         {"indexes/user", "indexes/users/names/g", "indexes/users/names/00", "indexes/users/other", "index", "users"})
        CHECK_FALSE(where.may_hold(directory));
    dataset without;
    CHECK_FALSE(shard::paths{without}.may_hold(""));
    CHECK_FALSE(shard::paths{without}.contains("/top.json"));
}

TEST_CASE("shard paths: what is in a tree, and what others have put there", "[shard]") {
    scratch_tree const scratch;
    auto const root = scratch.path();
    auto const make = [&](std::string const& path) {
        std::filesystem::create_directories((root / path).parent_path());
        std::ofstream{root / path} << "[]\n";
    };
    CHECK(shard::present(scratch.files(), shard::paths{users()}).empty());
    std::vector<std::string> const ours{"indexes/users/bigrams/3/61-62.json", "indexes/users/names/3/f0.json",
                                        "indexes/users/names/3/f0.json.gz", "indexes/users/top.json"};
    for (auto const& path : ours)
        make(path);
    for (auto const* const path : {"indexes/users/README.md", "indexes/users/names/3/f0.json.zst",
                                   "indexes/users/names/3/f0.json.gz.gz", "indexes/users/names/other/f0.json"})
        make(path);
    std::filesystem::create_directory(root / "indexes/users/names/3/f1.json");
    auto found = shard::present(scratch.files(), shard::paths{users()});
    std::ranges::sort(found);
    CHECK(found == ours);
}

TEST_CASE("index note: says what a tree has, and reads it again", "[shard]") {
    auto const note_of = [](dataset d) { return index_note{std::vector{std::move(d)}}; };
    CHECK(note_of(users(false)).text().empty());
    CHECK(index_note::parse("") == note_of(users(false)));
    auto other_top = users();
    other_top.shards.top = 5;
    auto no_index = users();
    no_index.index_path = "";
    for (auto const& d : {users(), other_top, no_index, users(false)}) {
        auto const note = note_of(d);
        CHECK(index_note::parse(note.text()) == note);
        CHECK(note.has_shards("users") == d.shards.make);
        CHECK(note.has_whole_index("users") == !d.index_path.empty());
        CHECK_FALSE(note.has_shards("countries"));
        CHECK(note.has_whole_index("countries"));
    }
    CHECK_FALSE(note_of(users()) == note_of(other_top));
    CHECK(index_note::parse("\n\nxx\nusers sometimes 1\n") == index_note{});
}

TEST_CASE("index note: on the way from one to the other, files of both are ours", "[shard]") {
    auto no_index = users();
    no_index.index_path = "";
    index_note const with{std::vector{users()}}, without{std::vector{users(false)}}, alone{std::vector{no_index}};
    for (auto const& [from, to] : {std::pair{without, with}, {with, without}, {with, alone}, {alone, without}}) {
        auto const both = index_note::parse(from.on_the_way_to(to).text());
        CHECK(both == from.on_the_way_to(to));
        CHECK(both.has_shards("users"));
        CHECK(both.has_whole_index("users"));
        CHECK_FALSE(both == from);
        CHECK_FALSE(both == to);
        CHECK_FALSE(both.on_the_way_to(to) == to);
    }
}
