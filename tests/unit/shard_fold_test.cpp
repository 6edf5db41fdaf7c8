// How names are folded and hashed, and which characters stand together in them.
#include "support/catch.hpp"

#include "notes_export/utf8.hpp"
#include "shard/fold.hpp"
#include "shard/name_key.hpp"

#include <set>
#include <string>

using namespace notes_export::shard;

namespace {

std::string utf8(std::u32string const& text) {
    std::string bytes;
    for (auto const c : text)
        notes_export::append_utf8(bytes, c);
    return bytes;
}

std::string fold(std::string_view text) {
    return utf8(folded(text));
}

} // namespace

TEST_CASE("fold: upper and lower case of every script are one", "[shard]") {
    CHECK(fold("Some NAME_42") == "some name_42");
    CHECK(fold("ÄÖÜ ÉÑ Ż") == "äöü éñ ż");
    CHECK(fold("ΣΊΣΥΦΟΣ") == fold("Σίσυφος")); // also where a sigma ends the word
    CHECK(fold("ПРИВЕТ") == "привет");
    CHECK(fold("\u212A") == "k"); // Kelvin sign
    CHECK(fold("\U00010400") == "\U00010428");
}

TEST_CASE("fold: what has no case of one character stays as it is", "[shard]") {
    for (auto const* const text : {"", "straße", "東京", "שלום", "مرحبا", "\U0001F600\u200D\U0001F525", "İ", "e\u0301",
                                   "\x01\x7f\n", "\uFFFE", "\U0010FFFF"})
        CHECK(fold(text) == text);
}

TEST_CASE("fold: a byte that is no part of a character is read as U+FFFD", "[shard]") {
    CHECK(fold("a\xFFz") == "a\uFFFDz");
    CHECK(fold("\xC3") == "\uFFFD");
    CHECK(fold("\xC0\x80") == "\uFFFD\uFFFD");             // NUL, too long
    CHECK(fold("\xE0\x80\x80") == "\uFFFD\uFFFD\uFFFD");   // the same
    CHECK(fold("\xED\xA0\x80Z") == "\uFFFD\uFFFD\uFFFDz"); // half of a pair
    CHECK(fold("\xF4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");
    CHECK(fold("\xF0\x9F\x98") == "\uFFFD\uFFFD\uFFFD");
}

TEST_CASE("fold: ranges rise, and what is folded stays so", "[shard]") {
    char32_t last = 0;
    std::size_t characters = 0;
    for (auto const& r : fold_ranges()) {
        CHECK(r.first > last);
        CHECK(r.last >= r.first);
        CHECK((r.last - r.first) % r.step == 0);
        last = r.last;
        characters += (r.last - r.first) / r.step + 1;
    }
    CHECK(characters == 1454); // of Unicode 14
    std::size_t changed = 0;
    std::size_t unstable = 0;
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        changed += folded(c) != c ? 1 : 0;
        unstable += folded(folded(c)) != folded(c) ? 1 : 0;
    }
    CHECK(changed == characters);
    CHECK(unstable == 0);
}

TEST_CASE("name key: the hash is FNV-1a of 32 bits", "[shard]") {
    CHECK(hash_of("") == 0x811C9DC5);
    CHECK(hash_of("a") == 0xE40C292C);
    CHECK(hash_of("foobar") == 0xBF9CF968);
    CHECK(hash_of("\xC3\xA4") == 0x199DE0E2);
    CHECK(shard_of(U"foobar") == 0x968);
    CHECK(shard_of(U"") == 0xDC5);
    CHECK(shard_of(folded("FooBar")) == 0x968);
}

TEST_CASE("name key: names are spread evenly", "[shard]") {
    std::vector<int> counts(name_shards);
    for (int i = 0; i < 40'960; ++i)
        ++counts[shard_of(folded("user" + std::to_string(i)))];
    CHECK(*std::max_element(counts.begin(), counts.end()) < 40);
}

TEST_CASE("name key: each bigram once, and of a long name those at its beginning", "[shard]") {
    CHECK(bigrams_of(U"").empty());
    CHECK(bigrams_of(U"a").empty());
    CHECK(bigrams_of(U"abab") == std::vector<bigram>{{U'a', U'b'}, {U'b', U'a'}});
    std::u32string all_different;
    for (char32_t c = 0x4E00; c < 0x4E00 + 5000; ++c)
        all_different += c;
    CHECK(bigrams_of(all_different).size() == searched_characters - 1);
}

TEST_CASE("name key: the name of a JSON text", "[shard]") {
    CHECK(name_of_json(R"("Bob")") == "Bob");
    CHECK(name_of_json(R"("a\"b\\\u0001\n")") == "a\"b\\\x01\n");
    CHECK(name_of_json("null").empty());
    CHECK(name_of_json("-4711") == "-4711");
    CHECK(name_of_json(R"("\u00e4")") == "ä");
    CHECK(name_of_json(R"("\)").empty());
}
