#include "support/catch.hpp"

#include "notes_export/error.hpp"
#include "publish/journal.hpp"
#include "publish/publisher.hpp"
#include "publish/tree_lock.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <fcntl.h>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace notes_export;
namespace fs = std::filesystem;

namespace {

struct tree_fixture {
    test::temporary_directory root;
    tree files{root.path(), true};
    staging stage{files};
    publisher publish{files, stage};

    void put(std::string const& path, std::string const& text) {
        std::vector<staged_file> staged{stage.write(text, path)};
        stage.make_durable(staged);
        publish.publish(std::move(staged));
    }
};

unsigned mode(fs::path const& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

} // namespace

TEST_CASE_METHOD(tree_fixture, "publisher: files and directories are readable by all whatever the umask", "[publish]") {
    auto const before = ::umask(077);
    put("users/0/3/9/12345.json", "{}\n");
    ::umask(before);
    CHECK(test::read_file(root / "users/0/3/9/12345.json") == "{}\n");
    CHECK(mode(root / "users/0/3/9/12345.json") == 0644);
    CHECK(mode(root / "users/0/3") == 0755);
}

TEST_CASE_METHOD(tree_fixture, "publisher: a symbolic link in the tree is not followed", "[publish]") {
    test::temporary_directory outside;
    fs::create_directory_symlink(outside.path(), root / "users");
    CHECK_THROWS_AS(put("users/0/0/1/1.json", "{}\n"), std::system_error);
    CHECK(fs::is_empty(outside.path()));
}

TEST_CASE_METHOD(tree_fixture, "publisher: a link in a file's place is replaced, its target stays", "[publish]") {
    test::temporary_directory outside;
    std::ofstream{outside / "victim"} << "untouched";
    fs::create_symlink(outside / "victim", root / "metadata.json");
    CHECK_FALSE(files.read("metadata.json"));
    put("metadata.json", "{}\n");
    CHECK(test::read_file(outside / "victim") == "untouched");
    CHECK_FALSE(fs::is_symlink(root / "metadata.json"));
}

TEST_CASE_METHOD(tree_fixture, "publisher: no path leaves the root", "[publish]") {
    CHECK_THROWS_AS(put("../escaped.json", "{}\n"), std::system_error);
    CHECK_FALSE(fs::exists(root.path().parent_path() / "escaped.json"));
}

TEST_CASE_METHOD(tree_fixture, "publisher: removing what is gone already is fine", "[publish]") {
    put("countries/1.json", "{}\n");
    publish.remove({"countries/1.json", "countries/2.json"});
    CHECK_FALSE(fs::exists(root / "countries/1.json"));
}

TEST_CASE_METHOD(tree_fixture, "tree: compares by content", "[publish]") {
    std::string const text(100'000, 'x');
    put("a.json", text);
    CHECK(files.compare("a.json", text) == tree::comparison::equal);
    CHECK(files.compare("a.json", text + "y") == tree::comparison::differs);
    CHECK(files.compare("a.json", text.substr(1) + "y") == tree::comparison::differs);
    CHECK(files.compare("b.json", text) == tree::comparison::missing);
    CHECK(files.compare("a.json/b", text) == tree::comparison::missing);
}

TEST_CASE_METHOD(tree_fixture, "tree: a FIFO in a file's place neither blocks nor counts", "[publish]") {
    REQUIRE(::mkfifo((root / "metadata.json").c_str(), 0644) == 0);
    CHECK_FALSE(files.read("metadata.json"));
    CHECK_FALSE(files.exists("metadata.json"));
}

TEST_CASE_METHOD(tree_fixture, "tree: finds profiles and nothing else", "[publish]") {
    put("users/0/3/9/12345.json", "{}\n");
    for (auto const* foreign :
         {"users/README.md", "users/0/3/9/12345.json.bak", "users/0/3/8/12345.json", "users/0/3/9/x.json"}) {
        fs::create_directories((root / foreign).parent_path());
        std::ofstream{root / foreign} << "mine";
    }
    CHECK(files.profile_ids(entity_path{"users/{h1}/{h2}/{h3}/{id}.json"}) == std::vector<std::int64_t>{12345});
}

TEST_CASE_METHOD(tree_fixture, "tree: notices that its path names another directory", "[publish]") {
    CHECK(files.still_at_path());
    auto const moved = root.path().string() + ".moved";
    fs::rename(root.path(), moved);
    CHECK_FALSE(files.still_at_path());
    fs::create_directory(root.path());
    CHECK_FALSE(files.still_at_path());
    fs::remove_all(moved);
}

TEST_CASE_METHOD(tree_fixture, "staging: clearing it removes what a crash left", "[publish]") {
    auto const left = stage.write("half", "users/0/0/1/1.json");
    staging again{files};
    CHECK(again.names() == std::vector{left.name});
    again.clear();
    CHECK(fs::is_empty(root / ".exportd/staging"));
}

TEST_CASE_METHOD(tree_fixture, "tree_lock: tells whether the holder before signed off", "[lock]") {
    {
        tree_lock const killed{files};
        CHECK_FALSE(killed.left_untidy());
    }
    {
        tree_lock const orderly{files};
        CHECK(orderly.left_untidy());
        orderly.sign_off();
    }
    CHECK_FALSE(tree_lock{files}.left_untidy());
}

TEST_CASE_METHOD(tree_fixture, "journal: a .gitignore that a crash left empty is written", "[journal]") {
    std::ofstream{root / ".exportd/.gitignore"}.flush();
    journal{files, stage}.hide_from_git();
    CHECK(test::read_file(root / ".exportd/.gitignore") == "*\n");
}

TEST_CASE_METHOD(tree_fixture, "staging: what a crash left in directories is found, and removed", "[publish]") {
    staged_directories const fresh{stage};
    auto const left = fresh.write("half", "users/0/0/1/1.json");
    staging again{files};
    CHECK(again.names() == std::vector{left.name});
    again.clear();
    CHECK(fs::is_empty(root / ".exportd/staging"));
}

TEST_CASE_METHOD(tree_fixture, "staging: few descriptors are enough for deep directories and many files", "[publish]") {
    int inner = ::open((root / ".exportd/staging").c_str(), O_RDONLY | O_DIRECTORY);
    for (int depth = 0; depth < 3000; ++depth) {
        REQUIRE(::mkdirat(inner, "deep", 0755) == 0);
        int const next = ::openat(inner, "deep", O_RDONLY | O_DIRECTORY);
        ::close(inner);
        inner = next;
    }
    ::close(inner);
    std::vector<staged_file> staged;
    for (int i = 1; i <= 150; ++i)
        staged.push_back(stage.write("{}\n", "countries/" + std::to_string(i) + ".json"));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit const few{64, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    CHECK_NOTHROW(stage.make_durable(staged));
    CHECK_NOTHROW(publish.publish(staged));
    CHECK_NOTHROW(stage.names());
    CHECK_NOTHROW(stage.clear());
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(fs::is_empty(root / ".exportd/staging"));
}

TEST_CASE_METHOD(tree_fixture, "publisher: a new directory takes its place as a whole", "[publish]") {
    auto const before = ::umask(077);
    staged_directories const fresh{stage};
    std::vector<staged_file> staged{fresh.write("{}\n", "users/0/3/9/12345.json"),
                                    fresh.write("{}\n", "users/0/3/a/16442.json"),
                                    stage.write("{}\n", "countries/1.json")};
    ::umask(before);
    CHECK_FALSE(fs::exists(root / "users"));
    std::vector<std::string> changed;
    publish.publish_directories(fresh, {"users/0/3"}, staged, changed);
    CHECK(test::read_file(root / "users/0/3/9/12345.json") == "{}\n");
    CHECK(test::read_file(root / "users/0/3/a/16442.json") == "{}\n");
    CHECK(std::set<std::string>{changed.begin(), changed.end()} == std::set<std::string>{"", "users", "users/0"});
    REQUIRE(staged.size() == 1);
    CHECK(staged.front().target == "countries/1.json");
    CHECK(mode(root / "users/0/3/9/12345.json") == 0644);
    for (auto const* directory : {"users", "users/0", "users/0/3", "users/0/3/9"})
        CHECK(mode(root / directory) == 0755);
    fresh.remove();
    publish.publish(staged, changed);
    CHECK(fs::is_empty(root / ".exportd/staging"));
}

TEST_CASE_METHOD(tree_fixture, "publisher: a directory that appeared meanwhile keeps what is in it", "[publish]") {
    staged_directories const fresh{stage};
    std::vector<staged_file> staged{fresh.write("new", "users/0/3/9/12345.json")};
    bool const empty = GENERATE(true, false);
    fs::create_directories(root / "users/0/3");
    if (!empty)
        std::ofstream{root / "users/0/3/README.md"} << "mine";
    std::vector<std::string> changed;
    publish.publish_directories(fresh, {"users/0/3"}, staged, changed);
    CHECK(staged.size() == 1);
    publish.publish(staged, changed);
    CHECK(test::read_file(root / "users/0/3/9/12345.json") == "new");
    CHECK(fs::exists(root / "users/0/3/README.md") == !empty);
    fresh.remove();
    CHECK(fs::is_empty(root / ".exportd/staging"));
}

TEST_CASE_METHOD(tree_fixture, "staging: a file written in pieces is whole", "[publish]") {
    std::string expected;
    auto out = stage.begin("indexes/users.json");
    for (int i = 0; i < 50'000; ++i) {
        out.append("piece " + std::to_string(i) + '\n');
        expected += "piece " + std::to_string(i) + '\n';
    }
    auto const staged = out.finish();
    CHECK(staged.size == expected.size());
    publish.publish({staged});
    CHECK(test::read_file(root / "indexes/users.json") == expected);
}

TEST_CASE_METHOD(tree_fixture, "tree_lock: a second one is refused and told of the first", "[lock]") {
    tree_lock const first{files};
    tree const again{root.path(), true};
    auto const refused = test::thrown_message([&] { tree_lock const second{again}; });
    CHECK(test::contains(refused, "in use by process " + std::to_string(::getpid())));
    CHECK(tree_lock::holder(again).find(std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE_METHOD(tree_fixture, "tree_lock: is free again after its holder, and its file stays", "[lock]") {
    { tree_lock const first{files}; }
    CHECK(fs::exists(root / ".exportd/lock"));
    CHECK(tree_lock::holder(files).empty());
    CHECK_NOTHROW(tree_lock{files});
}

TEST_CASE_METHOD(tree_fixture, "publishing_lock: waits no longer when asked to stop", "[lock]") {
    publishing_lock const held{files, publishing_lock::kind::exclusive, {}};
    std::stop_source stop;
    stop.request_stop();
    CHECK_THROWS_AS((publishing_lock{files, publishing_lock::kind::exclusive, stop.get_token()}), cancelled);
}

TEST_CASE_METHOD(tree_fixture, "journal: remembers across openings", "[journal]") {
    journal{files, stage}.begin_marking();
    journal{files, stage}.remember_columns(std::string(64, 'b'), "t.c:integer", "");
    journal{files, stage}.remember_full(1234);
    journal const again{files, stage};
    CHECK(again.marking_may_change_rows());
    CHECK(again.columns_of(std::string(64, 'b')) == "t.c:integer");
    CHECK_FALSE(again.columns_of(std::string(64, 'c')));
    CHECK(again.last_full() == 1234);
    again.end_marking();
    CHECK_FALSE(again.marking_may_change_rows());
}

TEST_CASE_METHOD(tree_fixture, "journal: of columns only those of the new hash and of the published one stay",
                 "[journal]") {
    std::string const first(64, 'a'), second(64, 'b'), third(64, 'c');
    journal const memory{files, stage};
    memory.remember_full(1234);
    memory.remember_columns(first, "t.a:integer", "");
    memory.remember_columns(second, "t.b:integer", first);
    memory.remember_columns(third, "t.c:integer", first); // the second was never published
    CHECK(memory.columns_of(first) == "t.a:integer");
    CHECK_FALSE(memory.columns_of(second));
    CHECK(memory.columns_of(third) == "t.c:integer");
    memory.remember_columns(third, "t.c:integer", third);
    CHECK_FALSE(memory.columns_of(first));
    CHECK(memory.columns_of(third) == "t.c:integer");
    CHECK(memory.last_full() == 1234);
}
