// Rights, groups and access lists of what is made in the tree, and who may look into its private corner.
#include "support/catch.hpp"

#include "check/used_directories.hpp"
#include "notes_export/exporter.hpp"
#include "publish/held_tree.hpp"
#include "publish/staged_directories.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace notes_export;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> const used{"", "countries", "indexes", "users"};

constexpr gid_t other_group = 12345;

struct stat look(fs::path const& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info;
}

unsigned mode(fs::path const& path) {
    return look(path).st_mode & 07777;
}

/// What getfacl prints, without its comments.
std::string access_list(fs::path const& path) {
    auto const out = path.string() + ".acl";
    REQUIRE(std::system(("getfacl -cpE '" + path.string() + "' > '" + out + "'").c_str()) == 0);
    auto text = test::read_file(out);
    fs::remove(out);
    return text;
}

struct directories_fixture {
    test::temporary_directory root;
    fs::path const json = root / "json";

    directories_fixture() { fs::create_directory(json); }

    bool make_setgid(fs::path const& path) const {
        if (::chown(path.c_str(), static_cast<uid_t>(-1), other_group) != 0) {
            WARN("skipped: only root may give a directory to a group that it is not in");
            return false;
        }
        return ::chmod(path.c_str(), 02775) == 0;
    }
    bool set_access_list(fs::path const& path) const {
        if (std::system(("setfacl -d -m u:4711:rwx -m g:4712:rx '" + path.string() + "' 2>/dev/null").c_str()) == 0)
            return true;
        WARN("skipped: no setfacl, or a file system without access lists");
        return false;
    }
    static void put(held_tree& held, std::string const& path) {
        std::vector<staged_file> staged{held.stage.write("{}\n", path)};
        held.publish.require_renames(staged);
        held.stage.make_durable(staged);
        held.publish.publish(std::move(staged));
    }
    static void put_whole(held_tree& held, std::string const& directory, std::string const& path) {
        CHECK(held.may_take_whole(directory));
        staged_directories const fresh{held.stage};
        std::vector<staged_file> staged{fresh.write("{}\n", path)};
        std::vector<std::string> changed;
        held.publish.publish_directories(fresh, {directory}, staged, changed);
        CHECK(staged.empty());
        fresh.remove();
    }
};

} // namespace

TEST_CASE_METHOD(directories_fixture, "directories: below a setgid root everything has its group", "[directories]") {
    bool const upgrade = GENERATE(false, true);
    if (upgrade) // what was made when it was not setgid yet
        held_tree{json, tree::root_link::followed, used};
    if (!make_setgid(json))
        return;
    held_tree held{json, tree::root_link::followed, used};
    put(held, "users/0/3/9/12345.json");
    put(held, "metadata.json");
    if (!upgrade)
        put_whole(held, "users/1", "users/1/2/3/4.json");
    for (auto const* path : {"users", "users/0", "users/0/3/9", "users/0/3/9/12345.json", "metadata.json"})
        CHECK(look(json / path).st_gid == other_group);
    for (auto const* path : {"users", "users/0/3/9"})
        CHECK(mode(json / path) == 02755);
    if (!upgrade)
        for (auto const* path : {"users/1", "users/1/2/3", "users/1/2/3/4.json"})
            CHECK(look(json / path).st_gid == other_group);
    CHECK(mode(json / "metadata.json") == 0644);
    CHECK_FALSE(fs::exists(json / ".exportd-room"));
    held.stage.clear();
}

TEST_CASE_METHOD(directories_fixture, "directories: only one of them is setgid", "[directories]") {
    fs::create_directory(json / "users");
    if (!make_setgid(json / "users"))
        return;
    held_tree held{json, tree::root_link::followed, used};
    CHECK_FALSE(held.may_take_whole("users/0"));
    CHECK(held.stage.has_room("users/0/3/9/12345.json"));
    CHECK_FALSE(held.stage.has_room("countries/1.json"));
    put(held, "users/0/3/9/12345.json");
    put(held, "countries/1.json");
    CHECK(look(json / "users/0/3/9").st_gid == other_group);
    CHECK(mode(json / "users/0/3/9") == 02755);
    CHECK(look(json / "users/0/3/9/12345.json").st_gid == other_group);
    CHECK(look(json / "countries/1.json").st_gid == ::getegid());
    held.require_directories(); // the next cycle finds its room again
    put(held, "users/0/3/9/12345.json");
    CHECK(look(json / "users/0/3/9/12345.json").st_gid == other_group);
}

TEST_CASE_METHOD(directories_fixture, "directories: what is deep in the tree has the rules of the top above it",
                 "[directories]") {
    fs::create_directories(json / "data");
    if (!make_setgid(json / "data"))
        return;
    held_tree held{json, tree::root_link::followed, {"", "data/lists"}};
    put(held, "data/lists/users.json");
    CHECK(look(json / "data/lists").st_gid == other_group);
    CHECK(look(json / "data/lists/users.json").st_gid == other_group);
}

TEST_CASE_METHOD(directories_fixture, "directories: one below an index that cannot be used is told before a cycle",
                 "[directories]") {
    export_config config;
    config.directory = json;
    config.schema_dir = fs::path{EXPORTD_SOURCE_DIR} / "conf/schemas";
    config.datasets.front().shards.make = true;
    auto const elsewhere = root / "elsewhere";
    fs::create_directory(elsewhere);
    fs::create_directories(json / "indexes/users/names");
    auto const link = json / GENERATE("indexes", "indexes/users", "indexes/users/names/3");
    fs::remove_all(link);
    fs::create_symlink(elsewhere, link);
    CHECK(test::contains(test::thrown_message([&] { exporter const opened{config}; }), link.string()));
}

TEST_CASE("directories: those that are used are named once, each behind the one that it is in", "[directories]") {
    export_config config;
    CHECK(used_directories(config) == std::vector<std::string>{"", "countries", "indexes", "users"});
    config.documents.front().path = "a/b/c.json";
    config.datasets.front().index_path = "lists/all/users.json";
    config.datasets.front().shards.make = true;
    auto const all = used_directories(config);
    for (auto const* const there : {"a/b", "lists/all", "indexes", "indexes/users", "indexes/users/names/3"}) {
        INFO(there);
        CHECK(std::ranges::count(all, there) == 1);
    }
    CHECK(std::ranges::is_sorted(all));
}

TEST_CASE_METHOD(directories_fixture, "directories: a default access list is inherited, the umask is not",
                 "[directories]") {
    bool const upgrade = GENERATE(false, true);
    if (upgrade)
        held_tree{json, tree::root_link::followed, used};
    if (!set_access_list(json))
        return;
    auto const before = ::umask(077);
    held_tree held{json, tree::root_link::followed, used};
    put(held, "users/0/3/9/12345.json");
    if (!upgrade)
        put_whole(held, "users/1", "users/1/2/3/4.json");
    ::umask(before);
    fs::create_directory(json / "by-hand");
    CHECK(access_list(json / "users/0/3") == access_list(json / "by-hand"));
    if (!upgrade)
        CHECK(access_list(json / "users/1/2/3") == access_list(json / "by-hand"));
    auto const file = access_list(json / "users/0/3/9/12345.json");
    INFO(file);
    CHECK(file.find("user:4711:rwx") != std::string::npos);
    CHECK(file.find("group:4712:r-x") != std::string::npos);
    CHECK(file.find("mask::r--") != std::string::npos);
    CHECK(file.find("other::r--") != std::string::npos);
}

TEST_CASE_METHOD(directories_fixture, "directories: a root that is made below a setgid directory stays setgid",
                 "[directories]") {
    if (!make_setgid(json))
        return;
    auto const before = ::umask(077);
    tree const files{json / "deeper/tree", true};
    ::umask(before);
    CHECK(mode(json / "deeper") == 02755);
    CHECK(look(json / "deeper/tree").st_gid == other_group);
}

TEST_CASE_METHOD(directories_fixture, "private directory: nobody but its owner may look in", "[directories]") {
    auto const before = ::umask(GENERATE(0022, 0, 077));
    {
        held_tree held{json, tree::root_link::followed, used};
        held.notes.remember_full(4711);
        put(held, "metadata.json");
    }
    ::umask(before);
    CHECK(mode(json / ".exportd") == 0700);
    CHECK(mode(json / ".exportd/staging") == 0700);
    CHECK(mode(json / ".exportd/last_full") == 0600);
    CHECK(mode(json / ".exportd/lock") == 0600);
    CHECK(mode(json / ".exportd/publishing") == 0644);
    CHECK(mode(json / "metadata.json") == 0644);
}

TEST_CASE_METHOD(directories_fixture, "private directory: one that an earlier version left open is shut",
                 "[directories]") {
    fs::create_directories(json / ".exportd/staging");
    for (auto const* name : {"lock", "publishing", "quarantine.json"})
        std::ofstream{json / ".exportd" / name}.flush();
    test::temporary_directory outside;
    std::ofstream{outside / "victim"}.flush();
    fs::create_hard_link(outside / "victim", json / ".exportd/planted");
    fs::create_symlink(outside / "victim", json / ".exportd/link");
    CHECK(mode(json / ".exportd") == 0755);
    held_tree const held{json, tree::root_link::followed, used};
    CHECK(mode(json / ".exportd") == 0700);
    CHECK(mode(json / ".exportd/staging") == 0700);
    CHECK(mode(json / ".exportd/quarantine.json") == 0600);
    CHECK(mode(json / ".exportd/lock") == 0600);
    CHECK(mode(json / ".exportd/publishing") == 0644);
    CHECK(mode(outside / "victim") == 0644);
}

TEST_CASE_METHOD(directories_fixture, "private directory: a group that may pass to the publishing lock keeps that",
                 "[directories]") {
    { held_tree const first{json, tree::root_link::followed, used}; }
    auto const given = GENERATE(0710U, 0750U, 0711U, 0770U);
    REQUIRE(::chmod((json / ".exportd").c_str(), given) == 0);
    held_tree const held{json, tree::root_link::followed, used};
    CHECK(mode(json / ".exportd") == (given == 0710U ? 0710U : 0700U));
}
