#include "support/catch.hpp"

#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/remedy.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using notes_export::remedy;
using test::contains;
namespace fs = std::filesystem;

namespace {

constexpr uid_t somebody = 54321;

bool give_away(fs::path const& path) {
    return ::chown(path.c_str(), somebody, somebody) == 0;
}

} // namespace

TEST_CASE("remedy: what another user left in the tree is named, with the command", "[remedy]") {
    if (::geteuid() != 0)
        return; // only root gives files away
    test::temporary_directory const root;
    fs::create_directories(root / "json/users/0/1");
    REQUIRE(give_away(root / "json/users"));
    REQUIRE(give_away(root / "json/users/0"));
    REQUIRE(give_away(root / "json/users/0/1"));
    auto const users = (root / "json/users").string();
    auto const text = remedy(EACCES, root / "json/users/0/1/17.json");
    CHECK(contains(text, users + " belongs to user 54321, and this process runs as root: chown -R root: " + users));
    CHECK(contains(remedy(EPERM, root / "json/users"), "chown -R root: " + users));
}

TEST_CASE("remedy: no more than the path itself is to change its owner when nothing above it is ours", "[remedy]") {
    if (::geteuid() == 0)
        return;
    CHECK(contains(remedy(EACCES, "/etc/passwd"), "chown -R"));
    CHECK(contains(remedy(EACCES, "/etc/passwd"), ": /etc/passwd"));
}

TEST_CASE("remedy: a directory of ours that is shut is named", "[remedy]") {
    test::temporary_directory const root;
    fs::create_directory(root / "shut");
    fs::permissions(root / "shut", fs::perms{0555});
    CHECK(contains(remedy(EACCES, root / "shut/x"), "chmod u+rwx " + (root / "shut").string()));
    fs::permissions(root / "shut", fs::perms{0755});
}

TEST_CASE("remedy: a path that the unit does not name", "[remedy]") {
    CHECK(contains(remedy(EROFS, "/srv/www/json"), "ReadWritePaths="));
}

TEST_CASE("remedy: there is none where the error says all", "[remedy]") {
    CHECK(remedy(ENOSPC, "/").empty());
    CHECK(remedy(ENOENT, "/nowhere").empty());
    CHECK(notes_export::remedy_remark(ENOENT, "/nowhere").empty());
    CHECK(notes_export::remedy_remark(EROFS, "/srv").starts_with(" ("));
}
