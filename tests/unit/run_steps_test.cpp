#include "support/catch.hpp"
#include "support/thrown_message.hpp"

#include "setup/run_steps.hpp"

#include <sstream>
#include <stdexcept>

using namespace exportd;

namespace {

struct recorder {
    std::vector<std::string> ran;

    step make(std::string const& name, bool changed, std::string const& failure = "") {
        return {"do " + name, "cmd " + name, "undo " + name, [this, name, changed, failure] {
                    if (!failure.empty())
                        throw std::runtime_error{failure};
                    ran.push_back(name);
                    return step::outcome{changed, "did\n" + name};
                }};
    }
};

} // namespace

TEST_CASE("setup: each step is printed with what it did, and what reverses it when it changed anything", "[setup]") {
    recorder r;
    std::ostringstream out, errors;
    CHECK(run_steps({r.make("a", true), r.make("b", false)}, out, errors));
    CHECK(out.str() == "1/2 do a\n    did\n    a\n    to reverse: undo a\n2/2 do b\n    did\n    b\n");
    CHECK(errors.str().empty());
    CHECK(r.ran == std::vector<std::string>{"a", "b"});
}

TEST_CASE("setup: a step that fails says which, why, and what was done before", "[setup]") {
    recorder r;
    std::ostringstream out, errors;
    CHECK_FALSE(run_steps({r.make("a", true), r.make("b", true), r.make("c", true, "no\x1bwhy"), r.make("d", true)},
                          out, errors));
    CHECK(errors.str() == "osm-notes-exportd: setup: step 3/4 do c, failed:\n    no\\x1bwhy\n"
                          "Done before: do a, do b. Mend that and type the same again: setup goes on.\n");
    CHECK(r.ran == std::vector<std::string>{"a", "b"});
    std::ostringstream first;
    CHECK_FALSE(run_steps({r.make("a", true, "why")}, out, first));
    CHECK(first.str() == "osm-notes-exportd: setup: step 1/1 do a, failed:\n    why\n"
                         "Nothing was changed. Mend that and type the same again: setup goes on.\n");
}

TEST_CASE("setup: a dry run does none of them", "[setup]") {
    recorder r;
    std::ostringstream out;
    print_steps({r.make("a", true)}, out);
    CHECK(out.str() == "1/1 do a\n    would do: cmd a\n    to reverse: undo a\nNothing was changed.\n");
    CHECK(r.ran.empty());
}
