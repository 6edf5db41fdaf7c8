// What becomes of the output of commands that has no place.
#include "support/catch.hpp"

#include "feed/paths.hpp"
#include "support/published_tree.hpp"
#include "support/thrown_message.hpp"
#include "support/tree_contents.hpp"

#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/wait.h>

namespace test {

namespace {

struct output_fixture {
    temporary_directory root;
    published_tree tree{root / "tree"};

    output_fixture() {
        std::ofstream{root / "conf"} << "[output]\ndirectory = " << tree.root().string()
                                     << "\n[export]\nschema_dir = " EXPORTD_SOURCE_DIR "/conf/schemas\n";
        tree.put("users/0/0/1/1.json", "{}");
        tree.publish(false);
    }
    /// Many paths, or one.
    void publish(int files) {
        for (int id = 1; id <= files; ++id)
            tree.put(notes_export::entity_path{"users/{h1}/{h2}/{h3}/{id}.json"}.of(id), "{}" + std::to_string(files));
        tree.publish();
    }
    int shell(std::string const& words, std::string const& behind) const {
        auto const line = std::string{EXPORTD_BINARY} + ' ' + words + " 2>" + (root / "errors").string() + ' ' + behind;
        int const status = std::system(line.c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::string configured(std::string const& words) const { return words + " --config " + (root / "conf").string(); }
    std::string errors() const { return read_file(root / "errors"); }
};

std::string const no_space = "osm-notes-exportd: write to standard output: No space left on device\n";

} // namespace

TEST_CASE_METHOD(output_fixture, "command output: a full disk is told, and is no success", "[command]") {
    for (int const files : {1, 1000})
        for (auto const* const words : {"changes", "changes -z", "changes --since 1"}) {
            publish(files);
            CAPTURE(files, words);
            CHECK(shell(configured(words), ">/dev/full") == 1);
            CHECK(errors() == no_space);
        }
    for (auto const* const words : {"show-config", "check-config"}) {
        CAPTURE(words);
        CHECK(shell(configured(words), ">/dev/full") == 1);
        CHECK(contains(errors(), no_space));
    }
    CHECK(shell("--help", ">/dev/full") == 1);
    CHECK(errors() == no_space);
    CHECK(shell("--version", ">/dev/full") == 1);
    CHECK(errors() == no_space);
}

TEST_CASE_METHOD(output_fixture, "command output: a command that says something by its code keeps it", "[command]") {
    CHECK(shell(configured("status"), ">/dev/full") == 2); // no daemon runs
    CHECK(contains(errors(), no_space));
    CHECK(shell(configured("changes --since 0"), ">/dev/full") == 3);
}

TEST_CASE_METHOD(output_fixture, "command output: who has read enough is no failure", "[command]") {
    publish(3000);
    CHECK(shell(configured("changes"), "| head -1 >" + (root / "first").string()) == 0);
    CHECK(errors().empty());
    CHECK(shell(configured("changes"), ">" + (root / "all").string()) == 0);
    CHECK(contains(read_file(root / "all"), "changed metadata.json\n"));
}

TEST_CASE_METHOD(output_fixture, "command output: changes says what is wrong with a feed", "[command]") {
    CHECK(shell(configured("changes --since 0"), "") == 3);
    CHECK(contains(errors(), "before generation 1 there is nothing, so that every file is new"));
    publish(1);
    auto const list = tree.root() / ".exportd/changes/000/000/002.json";
    std::filesystem::resize_file(list, 100);
    for (auto const* const words : {"changes", "changes --since 1"}) {
        CHECK(shell(configured(words), "") == 3);
        CHECK(
            contains(errors(), "the list of generation 2, .exportd/changes/000/000/002.json, is damaged: at byte 100"));
    }
    std::ofstream{tree.root() / ".exportd/changes/state.json"} << "{\"generation\": 2";
    CHECK(shell(configured("changes"), "") == 3);
    CHECK(contains(errors(), ".exportd/changes/state.json is damaged: it is no state of a change feed"));
    std::filesystem::remove(tree.root() / ".exportd/changes/state.json");
    CHECK(shell(configured("changes"), "") == 3);
    CHECK(contains(errors(), "has no change feed yet"));
}

} // namespace test
