// What a mirror says of itself, as text and back.
#include "notes_export/mirror_state.hpp"

#include "support/catch.hpp"

using notes_export::mirror_state;

namespace {

mirror_state example() {
    return {.name = "github-1",
            .kind = "git",
            .url = "https://example.org/x.git",
            .generation = 41,
            .tree_generation = 42,
            .generation_time = 1'777'636'800,
            .behind_since = 1'777'636'900,
            .written = 1'777'637'000,
            .steps = 7,
            .errors = 2,
            .error = "push: \"no\"\nroute \x01",
            .error_kind = "unreachable",
            .error_since = 1'777'636'950,
            .ended = 1'777'636'990};
}

std::string with(std::string const& from, std::string const& to) {
    auto text = example().text();
    auto const at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("mirror state: what is written is read again as it was", "[mirror]") {
    CHECK(mirror_state::parse(example().text()) == example());
    mirror_state only_named;
    only_named.name = "a";
    CHECK(mirror_state::parse(only_named.text()) == only_named);
    CHECK(example().text().ends_with("}\n"));
}

TEST_CASE("mirror state: what is no state of a mirror is refused", "[mirror]") {
    for (std::string const text : {"", "{}", "[]", "{\"name\": \"a\"}", "x"})
        CHECK_FALSE(mirror_state::parse(text));
    CHECK_FALSE(mirror_state::parse(with("\"steps\": 7", "\"steps\": -7")));
    CHECK_FALSE(mirror_state::parse(with("\"steps\": 7", "\"steps\": \"7\"")));
    CHECK_FALSE(mirror_state::parse(with("\"written\": 1777637000", "\"written\": -1")));
    CHECK_FALSE(mirror_state::parse(with("\"ended\": 1777636990", "\"ended\": -1")));
    CHECK_FALSE(mirror_state::parse(with(",\n  \"ended\": 1777636990", "")));
    CHECK_FALSE(mirror_state::parse(with("github-1", "../github")));
    CHECK_FALSE(mirror_state::parse(with("github-1", "GitHub")));
    CHECK_FALSE(mirror_state::parse(with("github-1", std::string(33, 'a'))));
    CHECK_FALSE(mirror_state::parse(with("\"kind\": \"git\"", "\"kind\": 1")));
}

TEST_CASE("mirror state: hostile values are refused, and nothing of them overflows", "[mirror]") {
    for (std::string const time : {"9223372036854775807", "9000000001", "-9223372036854775808", "1e9", "1.5", "null",
                                   "18446744073709551616", "\"1777637000\"", "[]", "true"})
        for (std::string const member : {"written", "behind_since", "error_since", "generation_time"}) {
            INFO(member << ": " << time);
            auto const good = std::to_string(member == "written"        ? example().written
                                             : member == "behind_since" ? example().behind_since
                                             : member == "error_since"  ? example().error_since
                                                                        : example().generation_time);
            CHECK_FALSE(mirror_state::parse(with("\"" + member + "\": " + good, "\"" + member + "\": " + time)));
        }
    CHECK(mirror_state::parse(with("1777637000", "9000000000"))->written == 9'000'000'000);
    CHECK_FALSE(mirror_state::parse(with("\"generation\": 41", "\"generation\": 18446744073709551616")));
    CHECK(mirror_state::parse(with("\"generation\": 41", "\"generation\": 18446744073709551615")));
}

TEST_CASE("mirror state: neither depth nor length nor odd bytes of the file matter", "[mirror]") {
    for (std::string const& text :
         {std::string(60'000, '['), "{\"name\":" + std::string(60'000, '{'), std::string(1, '\0') + example().text(),
          example().text() + '\0', example().text() + "{}", with("github-1", "github\\u0000"),
          with("unreachable", "unreach\xff"), with("unreachable", std::string(4097, 'a')), with("github-1", ""),
          "\xef\xbb\xbf" + example().text()})
        CHECK_FALSE(mirror_state::parse(text));
    CHECK(mirror_state::parse(with("\"steps\": 7", "\"of_a_later_version\": {\"a\": []}, \"steps\": 7")) == example());
    CHECK(mirror_state::parse(with("\"name\"", "\"name\": \"b\", \"name\""))->name == "b");
}

TEST_CASE("mirror state: an error in any bytes, and of any length, is written so that it can be read", "[mirror]") {
    auto s = example();
    s.error = "fatal: \xff\xfe" + std::string(5000, 'x');
    auto read = mirror_state::parse(s.text());
    REQUIRE(read);
    CHECK(read->error == "fatal: ??" + std::string(4087, 'x'));
    s.error = std::string(4095, 'x') + "\u00e9"; // cut in the middle of a character
    read = mirror_state::parse(s.text());
    REQUIRE(read);
    CHECK(read->error == std::string(4095, 'x'));
}
