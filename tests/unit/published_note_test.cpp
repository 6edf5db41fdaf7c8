#include "support/catch.hpp"

#include "index/published_note.hpp"

using notes_export::published_note;

namespace {

published_note sample() {
    published_note note{7, {}};
    auto& users = note.indexes["users"];
    users.made_of = "0a1b";
    auto& known = users.known;
    known.stamp = {static_cast<dev_t>(-1), static_cast<ino_t>(-2), 100, {1, 2}, {3, 4}};
    known.profiles = 3;
    known.refused = {{1, 2}, {3, -4}};
    known.without_entry = {5};
    known.owed = {6, 7};
    return note;
}

} // namespace

TEST_CASE("published_note: is read as it is written", "[index]") {
    auto const read = published_note::parse(sample().text());
    REQUIRE(read);
    CHECK(read->generation == 7);
    REQUIRE(read->indexes.contains("users"));
    auto const& [made_of, known] = read->indexes.at("users");
    auto const note = sample();
    auto const& expected = note.indexes.at("users").known;
    CHECK(made_of == "0a1b");
    CHECK(known.stamp == expected.stamp);
    CHECK(known.profiles == expected.profiles);
    CHECK(known.refused == expected.refused);
    CHECK(known.without_entry == expected.without_entry);
    CHECK(known.owed == expected.owed);
    CHECK(read->text() == sample().text());
}

TEST_CASE("published_note: of what is damaged nothing is believed", "[index]") {
    auto const whole = sample().text();
    for (std::size_t length = 0; length + 1 < whole.size(); ++length)
        CHECK_FALSE(published_note::parse(whole.substr(0, length)));
    auto const with = [&](std::string const& part, std::string const& other) {
        auto text = whole;
        REQUIRE(text.find(part) != std::string::npos);
        return text.replace(text.find(part), part.size(), other);
    };
    CHECK_FALSE(published_note::parse(with("\"generation\":7", "\"generation\":-7")));
    CHECK_FALSE(published_note::parse(with("[-1,-2,100,1,2,3,4]", "[-1,-2,100,1,2,3]")));
    CHECK_FALSE(published_note::parse(with("[-1,-2,100,1,2,3,4]", "[-1,-2,100,1,2,3,1.5]")));
    CHECK_FALSE(published_note::parse(with("[1,2,3,-4]", "[1,2,3]")));
    CHECK_FALSE(published_note::parse(with("\"profiles\":3", "\"profiles\":\"3\"")));
    CHECK_FALSE(published_note::parse(with("\"owed\":[6,7]", "\"owed\":{}")));
    CHECK_FALSE(published_note::parse(with("\"made_of\":\"0a1b\"", "\"made_of\":\"\\ud800\"")));
    CHECK_FALSE(published_note::parse("[]"));
    CHECK_FALSE(published_note::parse(R"({"generation":7,"indexes":{"users":[]}})"));
    CHECK(published_note::parse(R"({"generation":7,"indexes":{}})"));
}

TEST_CASE("published_note: an index with very many exceptions is left out", "[index]") {
    auto note = sample();
    note.indexes["countries"] = note.indexes["users"];
    for (std::int64_t id = 0; id < 60'000; ++id)
        note.indexes["users"].known.without_entry.insert(id);
    auto const read = published_note::parse(note.text());
    REQUIRE(read);
    CHECK_FALSE(read->indexes.contains("users"));
    CHECK(read->indexes.contains("countries"));
}
