// What setup makes and changes on disk.
#include "support/catch.hpp"
#include "support/export_fixture.hpp"
#include "support/other_user.hpp"
#include "support/thrown_message.hpp"

#include "setup/first_export.hpp"
#include "setup/replace_file.hpp"
#include "setup/setup_request.hpp"
#include "setup/tree_directory.hpp"

#include <csignal>

using namespace exportd;
using test::contains;
namespace fs = std::filesystem;

namespace {

struct stat status_of(fs::path const& path) {
    struct stat info {};
    REQUIRE(::lstat(path.c_str(), &info) == 0);
    return info;
}

void write(fs::path const& path, std::string const& text) {
    std::ofstream{path} << text;
}

} // namespace

TEST_CASE("replace_file: the new text, with the mode of the old file, which is kept", "[setup]") {
    test::temporary_directory const root;
    auto const file = root / "sub/x.conf";
    replace_file(file, "first", old_file::kept);
    CHECK(test::read_file(file) == "first");
    CHECK((status_of(file).st_mode & 0777) == 0644);
    CHECK_FALSE(fs::exists(file.string() + ".bak"));
    fs::permissions(file, fs::perms{0640});
    replace_file(file, "second", old_file::kept);
    replace_file(file, "third", old_file::kept);
    CHECK(test::read_file(file) == "third");
    CHECK(test::read_file(file.string() + ".bak") == "second");
    CHECK((status_of(file).st_mode & 0777) == 0640);
    CHECK((status_of(file.string() + ".bak").st_mode & 0777) == 0640);
    replace_file(file, "fourth", old_file::forgotten);
    CHECK(test::read_file(file.string() + ".bak") == "second");
    CHECK_FALSE(fs::exists(file.string() + ".new"));
}

TEST_CASE("replace_file: a link stays one, and what it leads to is replaced", "[setup]") {
    test::temporary_directory const root;
    write(root / "real", "old");
    fs::create_symlink("real", root / "link");
    replace_file(root / "link", "new", old_file::kept);
    CHECK(fs::is_symlink(root / "link"));
    CHECK(test::read_file(root / "real") == "new");
    CHECK(test::read_file(root / "real.bak") == "old");
}

TEST_CASE("replace_file: the owner stays", "[setup]") {
    auto const user = test::other_user();
    if (!user) {
        WARN("skipped: only root can give files away");
        return;
    }
    test::temporary_directory const root;
    write(root / "x", "old");
    test::give(root / "x", *user);
    replace_file(root / "x", "new", old_file::kept);
    CHECK(status_of(root / "x").st_uid == user->uid);
    CHECK(status_of(root / "x").st_gid == user->gid);
}

TEST_CASE("tree_directory: made for the user, what is above stays the caller's", "[setup]") {
    auto const user = test::other_user().value_or(caller());
    test::temporary_directory const root;
    auto const directory = root / "www/json";
    CHECK_FALSE(is_prepared(directory, user));
    CHECK_FALSE(fs::exists(root / "www"));
    prepare_directory(directory, user);
    CHECK(is_prepared(directory, user));
    CHECK(status_of(directory).st_uid == user.uid);
    CHECK((status_of(directory).st_mode & 07777) == 0755);
    CHECK(status_of(root / "www").st_uid == ::geteuid());
    write(directory / "metadata.json", "{}");
    prepare_directory(directory, user); // again: nothing
    CHECK(test::read_file(directory / "metadata.json") == "{}");
}

TEST_CASE("tree_directory: an empty one is given, one with files of others is not", "[setup]") {
    auto const user = test::other_user();
    if (!user) {
        WARN("skipped: only root can give directories away");
        return;
    }
    test::temporary_directory const root;
    auto const directory = root / "json";
    fs::create_directory(directory);
    CHECK_FALSE(is_prepared(directory, *user));
    write(directory / "x", "");
    auto const why = test::thrown_message([&] { prepare_directory(directory, *user); });
    CHECK(contains(why, "belongs to root and is not empty, and what is in it is no tree of this program"));
    CHECK(contains(why, "such as " + (directory / "notes-json").string()));
    CHECK_FALSE(contains(why, "chown"));
    CHECK(status_of(directory).st_uid == 0);
    write(directory / "metadata.json", "{}");
    CHECK(contains(test::thrown_message([&] { prepare_directory(directory, *user); }),
                   "chown -R nobody: " + directory.string()));
    fs::remove(directory / "metadata.json");
    fs::remove(directory / "x");
    prepare_directory(directory, *user);
    CHECK(status_of(directory).st_uid == user->uid);
}

TEST_CASE("tree_directory: files, links, and what is below a file", "[setup]") {
    test::temporary_directory const root;
    auto const refusal = [&](fs::path const& path) {
        return test::thrown_message([&] { (void)is_prepared(path, caller()); });
    };
    write(root / "file", "");
    CHECK(contains(refusal(root / "file"), "is a file, not a directory"));
    CHECK(contains(refusal(root / "file/json"), "file is not a directory"));
    fs::create_directory(root / "real");
    fs::create_directory_symlink(root / "real", root / "link");
    CHECK(contains(refusal(root / "link"), "is a symbolic link to " + (root / "real").string()));
}

TEST_CASE("first_export: the generation of metadata.json, 0 for anything else", "[setup]") {
    test::temporary_directory const root;
    CHECK(published_generation(root.path()) == 0);
    for (auto const* const text : {"", "{", "[]", "{\"generation\":\"7\"}", "{\"generation\":-1}"}) {
        write(root / "metadata.json", text);
        CHECK(published_generation(root.path()) == 0);
    }
    write(root / "metadata.json", "{\"generation\":7}");
    CHECK(published_generation(root.path()) == 7);
}

TEST_CASE("first_export: shows each state once, and ends with the first generation", "[setup]") {
    test::temporary_directory const root;
    std::vector<std::string> said{"starting", "starting", "row 1", "row 1", "row 2"}, shown;
    export_watch watch{.state =
                           [&] {
                               auto const state = said.front();
                               said.erase(said.begin());
                               if (said.empty())
                                   write(root / "metadata.json", "{\"generation\":1}");
                               return state;
                           },
                       .show = [&](std::string const& line) { shown.push_back(line); },
                       .between = std::chrono::milliseconds{1}};
    CHECK(wait_for_first_export(root.path(), watch) == waited::published);
    CHECK(shown == std::vector<std::string>{"starting", "row 1", "row 2"});
}

TEST_CASE("first_export: what is published is not all, the cycle has to end", "[setup]") {
    test::temporary_directory const root;
    write(root / "metadata.json", "{\"generation\":1}");
    std::vector<std::string> said{"end", "marking", "marking"}, shown; // from behind
    export_watch const watch{.state =
                                 [&] {
                                     auto state = said.back();
                                     said.pop_back();
                                     return state;
                                 },
                             .show = [&](std::string const& line) { shown.push_back(line); },
                             .ended = [](std::string const& line) { return line == "end"; },
                             .between = std::chrono::milliseconds{1}};
    CHECK(wait_for_first_export(root.path(), watch) == waited::published);
    CHECK(shown == std::vector<std::string>{"marking", "end"});
}

TEST_CASE("first_export: Ctrl-C ends the waiting, silence the patience, a dead service both", "[setup]") {
    test::temporary_directory const root;
    export_watch watch{.state =
                           [] {
                               ::raise(SIGINT); // blocked, so it waits to be taken
                               return std::string{"row 1"};
                           },
                       .show = [](std::string const&) {}};
    CHECK(wait_for_first_export(root.path(), watch) == waited::interrupted);
    watch.state = [] { return std::string{"row 1"}; };
    watch.between = std::chrono::milliseconds{1};
    watch.patience = std::chrono::seconds{0};
    CHECK(contains(test::thrown_message([&] { wait_for_first_export(root.path(), watch); }),
                   "journalctl -u osm-notes-exportd"));
    watch.state = []() -> std::string { throw setup_error{"the service is failed"}; };
    CHECK(test::thrown_message([&] { wait_for_first_export(root.path(), watch); }) == "the service is failed");
}
