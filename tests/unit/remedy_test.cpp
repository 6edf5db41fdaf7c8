#include "support/catch.hpp"

#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/remedy.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/stat.h>
#include <unistd.h>

using notes_export::place;
using notes_export::remedy;
using test::contains;
namespace fs = std::filesystem;

namespace {

constexpr uid_t somebody = 54321;

bool give_away(fs::path const& path) {
    return ::chown(path.c_str(), somebody, somebody) == 0;
}

/// As a user that owns nothing.
void as_somebody(std::function<void(std::string const& install)> const& look) {
    if (::geteuid() != 0)
        return; // only root can become somebody else
    REQUIRE(::setegid(somebody) == 0);
    REQUIRE(::seteuid(somebody) == 0);
    look("install -d -o 54321 -g 54321 ");
    REQUIRE(::seteuid(0) == 0);
    REQUIRE(::setegid(0) == 0);
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

TEST_CASE("remedy: nothing is to change its owner when nothing above it is ours", "[remedy]") {
    as_somebody([](std::string const& install) {
        CHECK(remedy(EACCES, "/srv/notes-json") ==
              "/srv belongs to root, and this process runs as user 54321: " + install + "/srv/notes-json");
        CHECK(contains(remedy(EACCES, "/nonexist/x"), ": " + install + "/nonexist/x"));
        CHECK(contains(remedy(EACCES, "/nonexist/x/.exportd/lock"), ": " + install + "/nonexist/x"));
        CHECK(contains(remedy(EACCES, "/etc/passwd", place::file),
                       "choose a place in a directory of its own, such as one made by: " + install +
                           "/etc/osm-notes-exportd"));
        CHECK(contains(remedy(EACCES, "/var/log/exportd", place::file), install + "/var/log/osm-notes-exportd"));
        CHECK(contains(remedy(EACCES, "/var/log/exportd.log"), install + "/var/log/osm-notes-exportd"));
        CHECK(contains(remedy(EACCES, "/var/lib/.exportd/lock"), install + "/var/lib/osm-notes-exportd"));
    });
}

TEST_CASE("remedy: a directory for the log file that is not there is to be made", "[remedy]") {
    as_somebody([](std::string const& install) {
        CHECK(remedy(ENOENT, "/var/log/absent/x", place::file) == install + "/var/log/absent");
    });
    CHECK(remedy(ENOENT, "/var/log/x", place::file).empty());
}

TEST_CASE("remedy: a place that nobody else may enter", "[remedy]") {
    test::temporary_directory const root; // 0700, of root
    as_somebody([&](std::string const&) {
        CHECK(contains(remedy(EACCES, root / "json"), "choose another place, as that one is not open to others"));
    });
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
