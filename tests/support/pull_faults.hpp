#pragma once

#include "support/catch.hpp"
#include "support/pull_fixture.hpp"
#include "support/thrown_message.hpp"

#include <stdexcept>
#include <string>

/// Servers of a tree that answer something else now and then, and what a pull mirror makes of it.
namespace test {

inline scripted_answer plain(unsigned status, std::string const& content = "") {
    return {.status = status, .headers = {}, .content = content, .cut_after = {}};
}
inline scripted_answer sent_to(std::string const& url) {
    return {.status = 302, .headers = {{"Location", url}}, .content = "", .cut_after = {}};
}

/// The step fails with this kind of error, and the text says that; the copy keeps its generation.
inline void fails(pull_fixture& f, pull_fixture::other_answer const& other, std::string const& kind,
                  std::string const& text) {
    auto const before = read_file(f.copy / "metadata.json");
    scripted_server server{f.script(other)};
    auto const step = f.run(server.url());
    CAPTURE(kind, step.errors);
    CHECK(step.status == 3);
    CHECK(contains(step.errors, text));
    CHECK(contains(step.errors, "What to do: "));
    REQUIRE(f.state());
    CHECK(f.state()->error_kind == kind);
    CHECK(read_file(f.copy / "metadata.json") == before);
}

inline pull_fixture::other_answer at(std::string const& path, scripted_answer const& answer) {
    return [=](std::string const& target) { return target == path ? std::optional{answer} : std::nullopt; };
}

inline pull_fixture::other_answer nothing_else() {
    return [](std::string const&) -> std::optional<scripted_answer> { return std::nullopt; };
}

/// A copy at generation 1 and a tree at 2.
struct one_behind : pull_fixture {
    one_behind() {
        publish_first(5);
        scripted_server const server{script(nothing_else())};
        if (run(server.url()).status != 0)
            throw std::runtime_error{"the first step failed"};
        put(2, "second");
        put(77, "new");
        remove(5);
        publish();
    }
};

} // namespace test
