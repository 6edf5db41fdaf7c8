#include "support/catch.hpp"

#include "setup/changed_keys.hpp"

#include "settings/config_file.hpp"
#include "settings/load_settings.hpp"
#include "support/default_settings.hpp"
#include "support/export_fixture.hpp"

using namespace exportd;

namespace {

std::string with(std::string const& text, std::string const& section, std::string const& key,
                 std::string const& value) {
    return with_key(text, {section, key, value, ""});
}

std::vector<std::string> shown(setup_request const& asked, settings const& now) {
    std::vector<std::string> all;
    for (auto const& change : changes_for(asked, now))
        all.push_back(change.shown);
    return all;
}

} // namespace

TEST_CASE("changed_keys: a key is set in its line", "[setup]") {
    CHECK(with("[a]\nx = 1\n# y\ny=2\n[b]\nx = 3\n", "a", "x", "9") == "[a]\nx = 9\n# y\ny=2\n[b]\nx = 3\n");
    CHECK(with("[a]\nx = 1\n[b]\n  x  =  3  \n", "b", "x", "9") == "[a]\nx = 1\n[b]\nx = 9\n");
}

TEST_CASE("changed_keys: a key that is not set stands below the comment with its default", "[setup]") {
    CHECK(with("[a]\n# about x\n#x = 1\n\n#y = 2\n", "a", "x", "9") == "[a]\n# about x\n#x = 1\nx = 9\n\n#y = 2\n");
    CHECK(with("#x = 1\n[a]\n#x = 1\n[b]\n#x = 2\n", "a", "x", "9") == "#x = 1\n[a]\n#x = 1\nx = 9\n[b]\n#x = 2\n");
}

TEST_CASE("changed_keys: a section that lacks the key, or is not there", "[setup]") {
    CHECK(with("[a]\ny = 1\n", "a", "x", "9") == "[a]\nx = 9\ny = 1\n");
    CHECK(with("[b]\nx = 1", "a", "x", "9") == "[b]\nx = 1\n\n[a]\nx = 9\n");
    CHECK(with("", "a", "x", "9") == "\n[a]\nx = 9\n");
}

TEST_CASE("changed_keys: the shipped file takes every change, and says then what was asked for", "[setup]") {
    auto const shipped = test::read_file(EXPORTD_SOURCE_DIR "/conf/osm-notes-exportd.conf");
    setup_request const asked{"my 'dwh", "/srv/www/no\"tes", true};
    auto text = shipped;
    for (auto const& change : changes_for(asked, test::default_settings()))
        text = with_key(text, change);
    test::temporary_directory const directory;
    std::ofstream{directory / "changed.conf"} << text;
    auto const loaded = load_settings(directory / "changed.conf", {}, [](std::string_view) { return std::nullopt; });
    REQUIRE(loaded.mistakes.empty());
    CHECK(changes_for(asked, loaded.value).empty());
    CHECK(loaded.value.output.directory == "/srv/www/no\"tes");
    CHECK(loaded.value.http.listen.text() == page_address);
    // Everything else is as it was.
    std::istringstream before{shipped}, after{text};
    std::string line, other;
    int added = 0;
    while (std::getline(before, line))
        while (std::getline(after, other) && other != line)
            ++added;
    while (std::getline(after, other))
        ++added;
    CHECK(added == 3);
}

TEST_CASE("changed_keys: what is so already is not changed, and a password is not shown", "[setup]") {
    auto now = test::default_settings();
    now.database.conninfo = "host=db password=sesame dbname=notes_dwh";
    now.output.directory = "/srv/json";
    now.http.listen = parse_listen_address("[::1]:9000");
    CHECK(shown({"notes_dwh", "/srv/json", true}, now).empty());
    auto const changes = changes_for({"other", "/srv/json", true}, now);
    REQUIRE(changes.size() == 1);
    CHECK(changes.front().value.find("sesame") != std::string::npos); // it stays in the file
    CHECK(changes.front().value.find("host='db'") != std::string::npos);
    CHECK(changes.front().shown == "[database] conninfo: the database is \"other\"");
    CHECK(shown({"notes_dwh", "/srv/other", false}, now) ==
          std::vector<std::string>{"[output] directory = /srv/other"});
}
