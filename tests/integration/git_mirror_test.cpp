// A mirror in git, on real repositories.
#include "support/applied_step.hpp"
#include "support/catch.hpp"
#include "support/git_mirror_fixture.hpp"

#include "mirror/error.hpp"
#include "notes_export/error.hpp"

using namespace notes_export;
using namespace notes_export::mirror;
using test::shell;

using fixture = test::git_mirror_fixture;

namespace {

/// What looking at the branch fails with.
mirror_error failure_of_look(fixture const& f) {
    auto t = f.target();
    try {
        t.generation(f.stop.get_token());
    } catch (mirror_error const& e) {
        return e;
    }
    FAIL("nothing is thrown");
    throw std::logic_error{"FAIL() ends the test"};
}

} // namespace

TEST_CASE_METHOD(fixture, "git mirror: an empty repository gets the whole tree, and its generation is the cursor",
                 "[git]") {
    auto t = target();
    CHECK(t.generation(stop.get_token()) == 0);
    auto const done = step(t);
    CHECK(done.generation == 1);
    CHECK(done.written == 5);
    CHECK(done.warnings.empty());
    CHECK(mirrored() == published());
    CHECK(t.generation(stop.get_token()) == 1);
    CHECK(git("log -1 --format=%B main").find("\nGeneration: 1\n") != std::string::npos);
    CHECK(git("fsck --strict").find("error") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "git mirror: a step commits exactly the paths that changed", "[git]") {
    step();
    tree.put("users/0/0/1/1.json", "{\"user_id\":1,\"n\":2}\n");
    tree.remove("users/0/0/2/2.json");
    tree.publish();
    auto const done = step();
    CHECK(done.generation == 2);
    CHECK(done.written == 2);
    CHECK(done.removed == 1);
    CHECK(done.bytes > 0);
    CHECK(mirrored() == published());
    CHECK(git("diff --name-status main~1 main") ==
          "M\tdata/metadata.json\nM\tdata/users/0/0/1/1.json\nD\tdata/users/0/0/2/2.json\n");
    CHECK(git("rev-list --count main") == "2\n");
    CHECK(git("log -1 --format='%an <%ae> %ct' main") ==
          "osm-notes-exportd <osm-notes-exportd@localhost> 1790000002\n");
}

TEST_CASE_METHOD(fixture, "git mirror: files of others on the branch survive", "[git]") {
    step();
    somebody("mkdir -p data/csv .github && echo hello > README.md && echo 1 > data/csv/a.csv && echo x > .github/w");
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    step();
    auto files = mirrored();
    CHECK(files.erase("csv/a.csv") == 1);
    CHECK(files == published());
    CHECK(git("show main:README.md") == "hello\n");
    CHECK(git("show main:.github/w") == "x\n");
}

TEST_CASE_METHOD(fixture, "git mirror: what others did to our files is undone by the next step", "[git]") {
    step();
    somebody("echo mine > data/users/0/0/2/2.json && git rm -q data/countries/7.json");
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    step();
    CHECK(mirrored() == published());
    CHECK(git("rev-list --count main") == "3\n");
}

TEST_CASE_METHOD(fixture, "git mirror: what others did is undone as well when it was seen before", "[git]") {
    step();
    somebody("echo mine > data/users/0/0/2/2.json && git rm -q data/countries/7.json && echo hello > README.md");
    if (GENERATE(false, true))
        CHECK(target().verify(tree, 10, stop.get_token()).size() == 2);
    CHECK(target().generation(stop.get_token()) == 1);
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    auto t = target();
    CHECK(t.generation(stop.get_token()) == 1);
    step(t);
    CHECK(mirrored() == published());
    CHECK(git("show main:README.md") == "hello\n");
    CHECK(git("rev-list --count main") == "3\n");
    tree.put("users/0/0/1/1.json", "newer\n");
    tree.publish();
    step(t);
    CHECK(mirrored() == published());
}

TEST_CASE_METHOD(fixture, "git mirror: what others did is undone as well when its own repository was lost", "[git]") {
    step();
    somebody("echo mine > data/users/0/0/2/2.json && git rm -q data/countries/7.json && echo hello > README.md");
    std::filesystem::remove_all(options.repository);
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    step();
    CHECK(mirrored() == published());
    CHECK(git("show main:README.md") == "hello\n");
}

TEST_CASE_METHOD(fixture, "git mirror: what others did beside taking back a generation is undone as well", "[git]") {
    step();
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    step();
    somebody(
        "git checkout -q HEAD~1 -- data && echo mine > data/users/0/0/2/2.json && git rm -q data/countries/7.json");
    auto t = target();
    CHECK(t.generation(stop.get_token()) == 1);
    step(t);
    CHECK(mirrored() == published());
}

TEST_CASE_METHOD(fixture, "git mirror: another branch, or another repository, is begun", "[git]") {
    step();
    if (GENERATE(false, true)) {
        options.branch = "pages";
    } else {
        options.url = (place / "other.git").string();
        shell("git clone -q --bare " + remote + ' ' + options.url + " && git -C " + options.url +
              " branch -m main trunk");
        options.branch = "main";
    }
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    auto const done = step();
    CHECK(done.generation == 2);
    REQUIRE(done.warnings.size() == 1);
    CHECK(done.warnings[0].find("it is of another branch than the configured one") != std::string::npos);
    CHECK(shell("git -C " + options.url + " rev-list --count " + options.branch) == "1\n");
    CHECK(target().verify(tree, 10, stop.get_token()).empty());
    CHECK(step().warnings.empty());
}

TEST_CASE_METHOD(fixture, "git mirror: its own repository is made anew when git cannot read it", "[git]") {
    step();
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    step();
    auto const own = options.repository.string();
    shell("cd " + own + " && " +
          GENERATE(as<std::string>{}, "rm -rf objects && mkdir objects", "rm -rf refs packed-refs", ": > HEAD",
                   "echo nonsense > config", ": > refs/exportd/pushed", "rm -f objects/pack/*.pack",
                   "for p in objects/pack/*.pack; do chmod u+w $p; truncate -s 100 $p; done",
                   "rm -f objects/pack/*.idx"));
    if (GENERATE(false, true))
        CHECK(target().verify(tree, 10, stop.get_token()).empty());
    tree.put("users/0/0/1/1.json", "newer\n");
    tree.publish();
    auto const done = step();
    CHECK(done.generation == 3);
    CHECK(mirrored() == published());
    CHECK(git("rev-list --count main") == "3\n");
}

TEST_CASE_METHOD(fixture, "git mirror: what is in the place of its own repository is named", "[git]") {
    std::ofstream{options.repository} << "a file";
    auto const e = failure_of_look(*this);
    CHECK(e.kind() == "disk");
    CHECK(std::string{e.what()}.find(options.repository.string()) != std::string::npos);
}

TEST_CASE_METHOD(fixture, "git mirror: a push that comes too late is put on top of what came before", "[git]") {
    step();
    auto t = target();
    CHECK(t.generation(stop.get_token()) == 1);
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    somebody("echo hello > README.md && echo theirs > data/users/0/0/1/1.json");
    auto const done = test::applied(t, changes(1), tree, stop.get_token());
    CHECK(done.generation == 2);
    CHECK(mirrored() == published());
    CHECK(git("show main:README.md") == "hello\n");
    CHECK(git("rev-list --count --merges main") == "0\n");
    CHECK(git("rev-list --count main") == "3\n");
}

TEST_CASE_METHOD(fixture, "git mirror: a repository of the earlier script is taken over, and what is equal stays",
                 "[git]") {
    somebody("mkdir -p data/countries data/users/0/0/1 data/users/0/0/9 schemas csv && cp " +
             (tree.root / "countries/7.json").string() +
             " data/countries/ && echo old > data/users/0/0/1/1.json && "
             "echo gone > data/users/0/0/9/9.json && echo r > README.md && echo c > data/countries/README.md && "
             "echo a > csv/a.csv");
    auto const before = git("rev-parse main:data/countries/7.json");
    auto const done = step();
    CHECK(done.written == 4);
    CHECK(done.removed == 1);
    auto files = mirrored();
    CHECK(files.erase("countries/README.md") == 1);
    CHECK(files == published());
    CHECK(git("rev-parse main:data/countries/7.json") == before);
    CHECK(git("diff --name-only main~1 main").find("countries") == std::string::npos);
    CHECK(git("show main:csv/a.csv") == "a\n");
}

TEST_CASE_METHOD(fixture, "git mirror: a deleted branch is made again, and said", "[git]") {
    step();
    git("update-ref -d refs/heads/main");
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    auto const done = step();
    REQUIRE(done.warnings.size() == 1);
    CHECK(done.warnings[0].find("was deleted there") != std::string::npos);
    CHECK(mirrored() == published());
    CHECK(step().warnings.empty());
}

TEST_CASE_METHOD(fixture, "git mirror: a renamed default branch is told from a deleted one", "[git]") {
    step();
    git("branch -m main trunk");
    auto const e = failure_of_look(*this);
    CHECK(e.kind() == "branch_moved");
    CHECK(e.remedy() == "The branch was renamed: set branch = trunk.");
}

TEST_CASE_METHOD(fixture, "git mirror: another default branch is a warning", "[git]") {
    step();
    CHECK(target().generation(stop.get_token()) == 1);
    git("branch other main");
    git("symbolic-ref HEAD refs/heads/other");
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    auto const done = step();
    REQUIRE(done.warnings.size() == 1);
    CHECK(done.warnings[0].find("is other now; the mirror still writes to main") != std::string::npos);
    CHECK(mirrored() == published());
}

TEST_CASE_METHOD(fixture, "git mirror: an old branch begins anew from the same files, and none is sent again",
                 "[git]") {
    std::string large;
    for (int i = 0; i < 20'000; ++i)
        large += std::to_string(i * 7919 % 100'003);
    tree.put("indexes/users.json", large);
    tree.publish();
    step();
    somebody("echo hello > README.md");
    options.history = std::chrono::hours{24};
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish(); // its date is long ago
    auto const done = step();
    CHECK(git("rev-list --count main") == "1\n");
    CHECK(mirrored() == published());
    CHECK(git("show main:README.md") == "hello\n");
    CHECK(done.bytes < 2'000); // the index has 50 times that
    CHECK_FALSE(std::filesystem::exists(options.repository / "shallow"));
    CHECK(shell("git -C " + options.repository.string() + " fsck --strict").find("missing") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "git mirror: a commit of a time to come does not keep a branch for ever", "[git]") {
    step();
    somebody("echo hello > README.md && export GIT_COMMITTER_DATE='2099-01-01T00:00:00Z'");
    options.history = std::chrono::hours{24};
    auto const commits = [this] { return git("rev-list --count main"); };
    auto const publish = [this](std::string const& text) {
        tree.put("users/0/0/1/1.json", text);
        tree.publish();
        step();
    };
    publish("first\n"); // on a root of long ago
    CHECK(commits() == "1\n");
    CHECK(std::stoll(git("log -1 --format=%ct main")) <= std::time(nullptr));
    publish("second\n");
    CHECK(commits() == "2\n");
}

TEST_CASE_METHOD(fixture, "git mirror: schemas are in the same commit, once", "[git]") {
    options.schemas = "schemas";
    options.schema_source = std::filesystem::path{EXPORTD_SOURCE_DIR} / "conf/schemas";
    step();
    CHECK(git("show main:schemas/user-profile.schema.json") ==
          shell("cat " + (options.schema_source / "user-profile.schema.json").string()));
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    step();
    CHECK(git("diff --name-only main~1 main") == "data/metadata.json\ndata/users/0/0/1/1.json\n");
}

TEST_CASE_METHOD(fixture, "git mirror: a file that is not what the feed says makes no commit", "[git]") {
    step();
    tree.put("users/0/0/1/1.json", "first\n");
    tree.publish();
    auto t = target();
    t.generation(stop.get_token());
    auto const set = changes(1);
    tree.put("users/0/0/1/1.json", "other\n");
    CHECK_THROWS_AS(test::applied(t, set, tree, stop.get_token()), source_error);
    CHECK(git("rev-list --count main") == "1\n");
    tree.publish();
    step(t);
    CHECK(mirrored() == published());
}

TEST_CASE_METHOD(fixture, "git mirror: a tree that moves on while all is compared is mirrored as it is at the end",
                 "[git]") {
    auto t = target();
    t.generation(stop.get_token());
    auto const set = changes(0);
    tree.before_reading = [&](std::string const&) {
        tree.before_reading = nullptr;
        tree.put("users/0/0/1/1.json", "second\n");
        tree.remove("users/0/0/2/2.json");
        tree.put("users/0/0/3/3.json", "third\n");
        tree.publish();
    };
    auto const done = test::applied(t, set, tree, stop.get_token());
    CHECK(done.generation == 2);
    CHECK(mirrored() == published());
    CHECK(t.generation(stop.get_token()) == 2);
}

TEST_CASE_METHOD(fixture, "git mirror: verify names what differs, and changes nothing", "[git]") {
    step();
    CHECK(target().verify(tree, 10, stop.get_token()).empty());
    somebody("echo x > data/users/0/0/1/1.json && git rm -q data/countries/7.json && "
             "mkdir -p data/users/0/0/5 && echo 5 > data/users/0/0/5/5.json");
    std::map<std::string, std::string> found;
    for (auto const& d : target().verify(tree, 10, stop.get_token()))
        found[d.path] = d.what;
    CHECK(found == std::map<std::string, std::string>{{"users/0/0/1/1.json", "differs"},
                                                      {"countries/7.json", "missing"},
                                                      {"users/0/0/5/5.json", "not in the tree"}});
    CHECK(git("rev-list --count main") == "2\n");
}

TEST_CASE_METHOD(fixture, "git mirror: large files are told of, and refused where GitHub refuses the push", "[git]") {
    options.warn_size = 5;
    options.refuse_size = 500;
    auto const done = step();
    CHECK(done.warnings.size() == 5);
    tree.put("indexes/users.json", std::string(600, 'x'));
    tree.publish();
    try {
        step();
        FAIL("nothing is thrown");
    } catch (mirror_error const& e) {
        CHECK(e.kind() == "too_large");
        CHECK(e.remedy().find("[export] index_max_size") != std::string::npos);
    }
    CHECK(git("rev-list --count main") == "1\n");
}

TEST_CASE_METHOD(fixture, "git mirror: many steps leave few packs", "[git]") {
    step();
    for (int i = 0; i < 60; ++i) {
        tree.put("users/0/0/1/1.json", std::to_string(i) + '\n');
        tree.publish();
        step();
    }
    CHECK(mirrored() == published());
    std::size_t packs = 0;
    for (auto const& entry : std::filesystem::directory_iterator{options.repository / "objects/pack"})
        packs += entry.path().extension() == ".pack" ? 1 : 0;
    CHECK(packs < 30);
}
