// What others keep on the branch where the mirror would write: it is named, and nothing is pushed.
#include "support/applied_step.hpp"
#include "support/catch.hpp"
#include "support/git_mirror_fixture.hpp"
#include "support/thrown_message.hpp"

#include "mirror/error.hpp"

using namespace notes_export::mirror;
using test::contains;
using test::shell;

namespace {

struct fixture : test::git_mirror_fixture {
    /// The step fails and names it, and the branch is what it was.
    void fails_for(std::string const& what) {
        auto const before = git("rev-parse main");
        try {
            step();
            FAIL("nothing is thrown");
        } catch (mirror_error const& e) {
            INFO(e.what());
            CHECK(e.kind() == "in_the_way");
            CHECK(contains(e.what(), "cannot mirror to branch main of " + remote + ": " + what));
            CHECK(contains(e.remedy(), "the mirror removes nothing of others"));
        }
        CHECK(git("rev-parse main") == before);
    }
    void publish(std::string const& text) {
        tree.put("users/0/0/1/1.json", text + '\n');
        tree.publish();
    }
};

} // namespace

TEST_CASE_METHOD(fixture, "git mirror: what is in the place of its directory is named, and left", "[git]") {
    using row = std::pair<char const*, char const*>;
    auto const [script, what] = GENERATE(
        row{"echo hello > data", "data is a file of others"},
        row{"mkdir pub && echo x > pub/x && ln -s pub data", "data is a symbolic link of others"},
        row{"mkdir data && git update-index --add --cacheinfo 160000,1234567812345678123456781234567812345678,data",
            "data is a submodule of others"});
    somebody(script);
    fails_for(what);
}

TEST_CASE_METHOD(fixture,
                 "git mirror: what is in the place of a file, or of a directory on the way, is named, and left",
                 "[git]") {
    somebody("mkdir -p data/metadata.json && echo mine > data/metadata.json/mine.txt");
    fails_for("data/metadata.json/mine.txt is a file of others");
    somebody("git rm -qr data && mkdir -p data/users && ln -s /etc data/users/0");
    fails_for("data/users/0 is a symbolic link of others");
    somebody("git rm -qr data");
    step();
    CHECK(mirrored() == published());
}

TEST_CASE_METHOD(fixture, "git mirror: a directory of others in the place of one of our files is named, and left",
                 "[git]") {
    step();
    {
        auto running = target();
        CHECK(running.generation(stop.get_token()) == 1);
        somebody("git rm -q data/users/0/0/1/1.json && mkdir -p data/users/0/0/1/1.json && "
                 "echo valuable > data/users/0/0/1/1.json/notes.txt");
        publish("new");
        if (GENERATE(true, false)) // it is seen before, or when the push comes too late
            CHECK(running.generation(stop.get_token()) == 1);
        CHECK_THROWS_AS(test::applied(running, changes(1), tree, stop.get_token()), mirror_error);
    }
    CHECK(git("show main:data/users/0/0/1/1.json/notes.txt") == "valuable\n");
    fails_for("data/users/0/0/1/1.json/notes.txt is a file of others");
    somebody("git mv data/users/0/0/1/1.json/notes.txt notes.txt");
    step();
    CHECK(mirrored() == published());
    CHECK(git("show main:notes.txt") == "valuable\n");
}

TEST_CASE_METHOD(fixture, "git mirror: what others keep beside its files is in no way", "[git]") {
    step();
    somebody("mkdir -p data/users/0/0/2/2.json.d data/countries/7 && echo a > data/users/0/0/2/2.json.d/a && "
             "ln -s /etc data/countries/7/etc && echo b > data/users/0/0/3");
    publish("new");
    step();
    CHECK(git("show main:data/users/0/0/2/2.json.d/a main:data/users/0/0/3") == "a\nb\n");
    CHECK(git("ls-tree main data/countries/7/etc").starts_with("120000"));
    CHECK(git("show main:data/users/0/0/1/1.json") == "new\n");
}

TEST_CASE_METHOD(fixture, "git mirror: what others made of one of its files is undone, whatever it is", "[git]") {
    step();
    somebody(
        "chmod +x data/users/0/0/1/1.json && ln -sf ../x data/users/0/0/2/2.json && echo 8 > data/countries/7.json");
    publish("new");
    step();
    CHECK(mirrored() == published());
    CHECK_FALSE(contains(git("ls-tree -r main"), "120000"));
}

TEST_CASE_METHOD(fixture,
                 "git mirror: what is in the place of a schema is named, one of an earlier version is replaced",
                 "[git]") {
    options.schemas = "schemas";
    options.schema_source = std::filesystem::path{EXPORTD_SOURCE_DIR} / "conf/schemas";
    somebody("echo mine > schemas");
    fails_for("schemas is a file of others, in the way of the mirror's files");
    somebody(
        "rm schemas && mkdir -p schemas/user-profile.schema.json && echo a > schemas/user-profile.schema.json/a && "
        "echo b > schemas/user-profile.schema.json/b");
    fails_for(
        "schemas/user-profile.schema.json/a is a file of others, in the way of the mirror's files, as 1 more are");
    somebody("git rm -qr schemas && mkdir -p schemas && echo old > schemas/user-profile.schema.json");
    step();
    CHECK(git("show main:schemas/user-profile.schema.json") ==
          shell("cat " + (options.schema_source / "user-profile.schema.json").string()));
}
