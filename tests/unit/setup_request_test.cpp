#include "support/catch.hpp"
#include "support/thrown_message.hpp"

#include "setup/drop_in.hpp"
#include "setup/setup_request.hpp"

using namespace exportd;
using test::contains;

namespace {

std::string refusal(std::string const& database, std::string const& directory) {
    return test::thrown_message([&] { checked({database, directory, false, {}}); });
}

} // namespace

TEST_CASE("setup_request: databases of any name, but only their name", "[setup]") {
    for (std::string const name : {"notes_dwh", "my dwh", "o'clock", "a\"b", "Größe"})
        CHECK(checked({name, "/srv/json", false, {}}).database == name);
    CHECK(contains(refusal("", "/srv/json"), "--database NAME is missing"));
    for (std::string const name : {"host=db dbname=x password=sesame", "postgresql://u:sesame@db/x"}) {
        CHECK(contains(refusal(name, "/srv/json"), "takes the name of a database only"));
        CHECK_FALSE(contains(refusal(name, "/srv/json"), "sesame"));
    }
    CHECK(contains(refusal("a\nb", "/srv/json"), "control characters"));
    CHECK(contains(refusal(std::string(64, 'x'), "/srv/json"), "longer than 63 bytes"));
}

TEST_CASE("setup_request: the directory in normal form", "[setup]") {
    CHECK(checked({"x", "/srv/www/json/", false, {}}).directory == "/srv/www/json");
    CHECK(checked({"x", "/srv//www/../json", false, {}}).directory == "/srv/json");
    CHECK(checked({"x", "/srv/my json", false, {}}).directory == "/srv/my json");
    CHECK(checked({"x", "/var/lib/osm-notes-exportd/json", false, {}}).directory == "/var/lib/osm-notes-exportd/json");
}

TEST_CASE("setup_request: a version file is named by its absolute path", "[setup]") {
    CHECK(checked({"x", "/srv/json", false, "/opt/a/../b/.json_export_version"}).version_file ==
          "/opt/b/.json_export_version");
    CHECK(contains(test::thrown_message([] {
                       checked({"x", "/srv/json", false, ".json_export_version"});
                   }),
                   "--version-file: "));
}

TEST_CASE("setup_request: directories that cannot be right", "[setup]") {
    CHECK(contains(refusal("x", ""), "--directory DIR is missing"));
    CHECK(contains(refusal("x", "srv/json"), "not an absolute path"));
    for (std::string const directory : {"/", "//", "/srv", "/srv/", "/srv/json/.."})
        CHECK(contains(refusal("x", directory), "is not the tree's own"));
    for (std::string const directory : {"/var/lib", "/var/log/", "/var/cache", "/var/spool", "/var/www"})
        CHECK(contains(refusal("x", directory), "is not the tree's own"));
    CHECK(contains(refusal("x", "/var/lib/postgresql/json"), "that is the server's own"));
    CHECK(contains(refusal("x", "/tmp/json"), "PrivateTmp=yes"));
    CHECK(contains(refusal("x", "/home/me/json"), "ProtectHome=yes"));
    CHECK(contains(refusal("x", "/srv/../root/json"), "ProtectHome=yes"));
    for (std::string const directory : {"/etc/json", "/usr/share/json", "/proc/self", "/run/json"})
        CHECK(contains(refusal("x", directory), "choose another one"));
    CHECK(contains(refusal("x", "/srv/a\nb"), "control characters"));
    CHECK(contains(refusal("x", "/srv/json "), "a blank at its end"));
    CHECK(contains(refusal("x", "/srv/json # tree"), "comment"));
}

TEST_CASE("drop_in: a path is one word for systemd, whatever is in it", "[setup]") {
    auto const last_line = [](std::string const& path) {
        auto const text = drop_in_text(path);
        return text.substr(text.find("[Service]\n") + 10);
    };
    CHECK(last_line("/srv/json") == "ReadWritePaths=/srv/json\n");
    CHECK(last_line("/srv/my json") == "ReadWritePaths=\"/srv/my json\"\n");
    CHECK(last_line("/srv/100%") == "ReadWritePaths=/srv/100%%\n");
    CHECK(last_line("/srv/a\"b\\c") == "ReadWritePaths=\"/srv/a\\\"b\\\\c\"\n");
    CHECK(mirror_drop_in_text("/srv/my json").ends_with("\nReadWritePaths=\"-/srv/my json/.exportd/mirrors\"\n"));
}
