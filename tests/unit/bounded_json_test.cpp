// JSON that somebody else may have written, or damaged: however deep and long it is, reading it ends.
#include "support/catch.hpp"

#include "cycle/quarantine.hpp"
#include "document/bounded_json.hpp"
#include "document/metadata.hpp"
#include "document/profile_members.hpp"
#include "index/reader.hpp"
#include "index/refused_indexes.hpp"
#include "notes_export/error.hpp"
#include "publish/tree.hpp"
#include "schema/schema.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <fcntl.h>
#include <sys/stat.h>

using namespace notes_export;

namespace {

constexpr std::size_t very_deep = 15'000'000;

std::string nested(std::size_t depth, std::string const& open, std::string const& close) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i)
        text += open;
    for (std::size_t i = 0; i < depth; ++i)
        text += close;
    return text;
}

} // namespace

TEST_CASE("bounded_json: what is nested as deep as may be is read, one level more is not", "[json]") {
    CHECK(parse_json(nested(deepest_json, "[", "]")));
    CHECK_FALSE(parse_json(nested(deepest_json + 1, "[", "]")));
    CHECK(parse_json(nested(deepest_json - 1, R"({"a":)", "}").insert(5 * (deepest_json - 1), "[]")));
    CHECK_FALSE(parse_json(nested(deepest_json, R"({"a":)", "}").insert(5 * deepest_json, "[]")));
    CHECK(parse_json("[" + nested(60, "[", "]") + "," + nested(60, "[", "]") + "]")); // side by side
}

TEST_CASE("bounded_json: what is no JSON is not taken for any", "[json]") {
    for (std::string const text : {"", "{", "[1,]", "{} {}", "nul"})
        CHECK_FALSE(parse_json(text));
    CHECK_FALSE(parse_json(std::string{"{}\0garbage", 10}));
}

TEST_CASE("bounded_json: what is not UTF-8 is damaged, and none of it is written again", "[json]") {
    std::string const row = R"([{"dataset":"users","id":5,"key":6,"version":7,"keyword":"type"}])";
    REQUIRE(quarantine::parse(row).size() == 1);
    for (std::string const broken : {"\xff", "\xdb", "\xc3(", "\xed\xa0\x80"}) {
        CHECK_FALSE(parse_json("[\"" + broken + "\"]"));
        auto damaged = row;
        CHECK(quarantine::parse(damaged.insert(row.find("sers"), broken)).empty());
        CHECK_FALSE(metadata::parse(R"({"export_date":"2026-05-01T12:00:00Z","version":")" + broken + "\"}"));
    }
}

TEST_CASE("bounded_json: an escape that is half of a character spoils no file that is written again", "[json]") {
    quarantine refused;
    for (auto const* const half : {"\\udddd", "\\udc00x"})
        for (auto& row :
             quarantine::parse(std::string{R"([{"dataset":"us)"} + half + R"(","keyword":")" + half + "\"}]"))
            refused.add(std::move(row));
    CHECK(quarantine::parse(refused.text()).size() == refused.rows(10).size());
    test::temporary_directory root;
    tree const files{root.path(), true};
    std::ofstream{root / ".exportd/refused_indexes.json"}
        << R"([{"dataset":"users","path":"\udddd","bytes":2,"limit":1},)"
        << R"({"dataset":"users","path":"indexes/users.json","bytes":2,"limit":1}])";
    CHECK(read_refused_indexes(files).size() == 1);
}

TEST_CASE("bounded_json: millions of brackets are the end of no reader", "[json]") {
    auto const brackets = GENERATE(std::string(very_deep, '['), nested(very_deep / 5, R"({"a":)", ""),
                                   R"({"export_date":"x","a":)" + std::string(very_deep, '['));
    CHECK_FALSE(parse_json(brackets));
    CHECK_FALSE(metadata::parse(brackets));
    CHECK(quarantine::parse(brackets).empty());
    CHECK_FALSE(profile_members(brackets, {"user_id"}));
    CHECK_THROWS_AS(schema::parse(brackets, "deep.schema.json"), schema_error);
}

TEST_CASE("bounded_json: a profile member that is too deep makes the profile a damaged one", "[json]") {
    std::string const before = R"({"user_id":1,"deep":)";
    CHECK(profile_members(before + nested(60, "[", "]") + '}', {"user_id"}));
    CHECK_FALSE(profile_members(before + nested(100'000, "[", "]") + '}', {"user_id"}));
}

TEST_CASE("bounded_json: refused indexes that are damaged are none", "[json]") {
    test::temporary_directory root;
    tree const files{root.path(), true};
    std::ofstream{root / ".exportd/refused_indexes.json"} << std::string(very_deep, '[');
    CHECK(read_refused_indexes(files).empty());
    std::ofstream{root / ".exportd/refused_indexes.json"} << std::string(900'000, '[');
    CHECK(read_refused_indexes(files).empty());
}

TEST_CASE("tree: a file that is longer than any of ours is not read", "[json]") {
    test::temporary_directory root;
    tree const files{root.path(), true};
    std::ofstream{root / "metadata.json"} << std::string(100, 'x');
    CHECK(files.read("metadata.json", 100) == std::string(100, 'x'));
    CHECK_FALSE(files.read("metadata.json", 99));
    std::filesystem::resize_file(root / "metadata.json", 1ULL << 40U);
    CHECK_FALSE(files.read("metadata.json"));
}

TEST_CASE("file: one without an end, or of no stated size, is read up to the limit", "[json]") {
    file const endless{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
    REQUIRE(endless);
    CHECK_FALSE(read_rest(endless.fd(), 1'000'000, "/dev/zero"));
    file const proc{::open("/proc/self/status", O_RDONLY | O_CLOEXEC)};
    REQUIRE(proc);
    CHECK(read_rest(proc.fd(), 1'000'000, "/proc/self/status").value_or("").starts_with("Name:"));
}

TEST_CASE("schema: a file without an end, a FIFO and a huge file are refused by name", "[json]") {
    test::temporary_directory root;
    auto const fifo = root / "fifo.schema.json";
    REQUIRE(::mkfifo(fifo.c_str(), 0644) == 0);
    auto const huge = root / "huge.schema.json";
    std::ofstream{huge} << "{}";
    std::filesystem::resize_file(huge, 1ULL << 40U);
    for (auto const& path : {std::filesystem::path{"/dev/zero"}, huge, fifo}) {
        auto const message = test::thrown_message([&] { schema::load(path); });
        INFO(message);
        CHECK(test::contains(message, path.string()));
    }
}

TEST_CASE("index_reader: an entry without an end is not ours, and not read", "[json]") {
    test::temporary_directory root;
    auto const path = root / "users.json";
    std::ofstream{path} << R"([{"user_id":7,"username":")" << std::string(3U << 20U, 'x') << "\"}]\n";
    file const f{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    REQUIRE(f);
    auto const users = standard_datasets().front();
    index_reader reader{users, f.fd(), path, std::filesystem::file_size(path)};
    CHECK_THROWS_AS(reader.find({7}), not_our_index);
}
