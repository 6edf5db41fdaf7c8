// Programs of others, and how long they are waited for.
#include "mirror/child_process.hpp"
#include "support/catch.hpp"

#include <string>
#include <thread>

using namespace notes_export::mirror;
using namespace std::chrono_literals;

TEST_CASE("mirror program: what we do meanwhile is no silence of it", "[mirror]") {
    program cat;
    cat.words = {"cat"};
    cat.silence = 2s;
    std::string said;
    child_process running{cat, [&](std::string_view piece) { said += piece; }, {}};
    std::this_thread::sleep_for(2500ms); // that time passes is what this is about
    running.write("hello\n");
    CHECK(running.read_until([&] { return said == "hello\n"; }));
    std::this_thread::sleep_for(2500ms);
    CHECK(running.wait() == 0);
}

TEST_CASE("mirror program: one that says nothing while it is waited for is ended", "[mirror]") {
    program silent;
    silent.words = {"sleep", "1000"};
    silent.silence = 200ms;
    child_process running{silent, [](std::string_view) {}, {}};
    CHECK_THROWS_AS(running.wait(), program_overdue);
}
