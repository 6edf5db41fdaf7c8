// Programs of others, and how long they are waited for.
#include "mirror/child_process.hpp"
#include "support/catch.hpp"

#include <string>

using namespace notes_export::mirror;
using namespace std::chrono_literals;

namespace {

/// Longer than the program below may be silent: until another one has ended.
void do_something_else() {
    program other;
    other.words = {"sleep", "2.5"};
    CHECK(child_process{other, [](std::string_view) {}, {}}.wait() == 0);
}

} // namespace

TEST_CASE("mirror program: what we do meanwhile is no silence of it", "[mirror]") {
    program cat;
    cat.words = {"cat"};
    cat.silence = 2s;
    std::string said;
    child_process running{cat, [&](std::string_view piece) { said += piece; }, {}};
    do_something_else();
    running.write("hello\n");
    CHECK(running.read_until([&] { return said == "hello\n"; }));
    do_something_else();
    CHECK(running.wait() == 0);
}

TEST_CASE("mirror program: one that says nothing while it is waited for is ended", "[mirror]") {
    program silent;
    silent.words = {"sleep", "1000"};
    silent.silence = 200ms;
    child_process running{silent, [](std::string_view) {}, {}};
    CHECK_THROWS_AS(running.wait(), program_overdue);
}
