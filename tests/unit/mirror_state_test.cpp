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
            .error_since = 1'777'636'950};
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
    mirror_state new_one;
    new_one.name = "a";
    CHECK(mirror_state::parse(new_one.text()) == new_one);
    CHECK(example().text().ends_with("}\n"));
}

TEST_CASE("mirror state: what is no state of a mirror is refused", "[mirror]") {
    for (std::string const text : {"", "{}", "[]", "{\"name\": \"a\"}", "x"})
        CHECK_FALSE(mirror_state::parse(text));
    CHECK_FALSE(mirror_state::parse(with("\"steps\": 7", "\"steps\": -7")));
    CHECK_FALSE(mirror_state::parse(with("\"steps\": 7", "\"steps\": \"7\"")));
    CHECK_FALSE(mirror_state::parse(with("\"written\": 1777637000", "\"written\": -1")));
    CHECK_FALSE(mirror_state::parse(with("github-1", "../github")));
    CHECK_FALSE(mirror_state::parse(with("github-1", "GitHub")));
    CHECK_FALSE(mirror_state::parse(with("github-1", std::string(33, 'a'))));
    CHECK_FALSE(mirror_state::parse(with("\"kind\": \"git\"", "\"kind\": 1")));
}
