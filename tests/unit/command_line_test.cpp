#include "support/catch.hpp"

#include "command/help_text.hpp"
#include "command/parse_command_line.hpp"
#include "settings/keys.hpp"

#include <sstream>

using namespace exportd;

namespace {

command_line parsed(std::vector<char const*> const& arguments) {
    return parse_command_line(arguments);
}

std::string error_of(std::vector<char const*> const& arguments) {
    try {
        parsed(arguments);
    } catch (usage_error const& error) {
        return error.what();
    }
    return "no error";
}

} // namespace

TEST_CASE("command_line: no command means run", "[command_line]") {
    CHECK(parsed({}).name == command::run);
    CHECK(parsed({"run"}).name == command::run);
    CHECK(parsed({"check-config"}).name == command::check_config);
    CHECK(parsed({"verify"}).name == command::verify);
}

TEST_CASE("command_line: options may stand before and after the command", "[command_line]") {
    auto const line = parsed({"--config", "/a", "--set", "log.level=debug", "once", "--full", "--set=x.y=a=b"});
    CHECK(line.name == command::once);
    CHECK(line.config == std::filesystem::path{"/a"});
    CHECK(line.sets == std::vector<std::string>{"log.level=debug", "x.y=a=b"});
    CHECK(line.full);
    CHECK(line.options == " --full");
    CHECK(parsed({"once", "--dry-run", "--id", "users:5"}).options == " --dry-run --id users:5");
    CHECK(parsed({"changes", "-z", "--since=0"}).options == " --null --since 0");
    CHECK_FALSE(line.force);
    CHECK(parsed({"--force", "once"}).force);
    CHECK(parsed({"status", "--json"}).json);
    CHECK(parsed({"check", "--json"}).json);
    auto const setup = parsed({"setup", "--database", "my dwh", "--directory=/srv/json", "--dry-run"});
    CHECK(setup.database == "my dwh");
    CHECK(setup.directory == "/srv/json");
    CHECK((setup.dry_run && !setup.http));
    CHECK(parsed({"setup", "--http"}).http);
}

TEST_CASE("command_line: options of another command are refused", "[command_line]") {
    constexpr auto* tail = " (try 'osm-notes-exportd --help')";
    CHECK(error_of({"--full"}) == std::string{"option --full does not belong to the command 'run'"} + tail);
    CHECK(error_of({"check-config", "--json"}) ==
          std::string{"option --json does not belong to the command 'check-config'"} + tail);
    CHECK(error_of({"verify", "--dry-run"}) != "no error");
    CHECK(error_of({"once", "--repair"}) != "no error");
    CHECK(error_of({"verify", "--force"}) != "no error");
    CHECK(error_of({"status", "--full"}) != "no error");
}

TEST_CASE("command_line: mistakes give one clear line", "[command_line]") {
    constexpr auto* tail = " (try 'osm-notes-exportd --help')";
    CHECK(error_of({"statsu"}) == std::string{"unknown command \"statsu\"; did you mean \"status\"?"} + tail);
    CHECK(error_of({"once", "now"}) == std::string{"unexpected argument \"now\""} + tail);
    CHECK(error_of({"--conf"}) == std::string{"unknown option \"--conf\""} + tail);
    CHECK(error_of({"--set"}) == std::string{"the required argument for option '--set' is missing"} + tail);
    CHECK(error_of({"--config", "/a", "--config", "/b"}) != "no error");
    CHECK(error_of({"status", "--json=1"}) != "no error");
    CHECK(error_of({"on\nce"}).find('\n') == std::string::npos);
}

TEST_CASE("command_line: a connection string that lost its quotes is not shown", "[command_line]") {
    CHECK(error_of({"once", "password=hunter2"}).find("hunter2") == std::string::npos);
    CHECK(error_of({"password=hunter2"}).find("hunter2") == std::string::npos);
    CHECK(error_of({"--conninfo=password=hunter2"}) ==
          "unknown option \"--conninfo\" (try 'osm-notes-exportd --help')");
}

TEST_CASE("command_line: help of a command shows its own options only", "[command_line]") {
    auto const once = parsed({"once", "--help"}).print.value_or("");
    CHECK(once.find("--full") != std::string::npos);
    CHECK(once.find("--watch") == std::string::npos);
    CHECK(parsed({"run", "-h"}).print.value_or("").find("USR1") != std::string::npos);
}

TEST_CASE("command_line: the whole help names every option, setting and variable", "[command_line]") {
    auto const help = parsed({"--help"}).print.value_or("");
    for (auto const* word : {"--full", "--force", "--json", "--config", "--set", "--version", "check-config", "78"}) {
        CHECK(help.find(word) != std::string::npos);
    }
    for (auto const& key : known_keys()) {
        CHECK(help.find(key.full_name()) != std::string::npos);
        CHECK(help.find(key.environment) != std::string::npos);
    }
}

TEST_CASE("command_line: help lines fit into 100 columns", "[command_line]") {
    std::istringstream lines{help_text() + help_text(command::run) + help_text(command::once) +
                             help_text(command::verify) + help_text(command::status) +
                             help_text(command::check_config) + help_text(command::check) + help_text(command::setup)};
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(line.size() <= 100);
    }
}

TEST_CASE("command_line: --version prints name and version", "[command_line]") {
    CHECK(parsed({"--version"}).print == version_text());
    CHECK(version_text().find("osm-notes-exportd " EXPORTD_VERSION) == 0);
}

TEST_CASE("command_line: entities are named by dataset and id", "[command_line]") {
    auto const line = parsed({"once", "--id", "users:12345", "--dry-run", "--id=countries:1", "--json"});
    CHECK(line.dry_run);
    CHECK(line.json);
    REQUIRE(line.ids.size() == 2);
    CHECK(line.ids[0].dataset == "users");
    CHECK(line.ids[0].id == 12345);
    CHECK(line.ids[1].dataset == "countries");
    CHECK(line.ids[1].id == 1);
    CHECK(parsed({"verify", "--repair", "--json"}).repair);
}

TEST_CASE("command_line: what is no entity is a mistake", "[command_line]") {
    for (auto const* const text : {"users", "users:", ":5", "users:0", "users:-1", "users:1x", "users:1.5", "users: 1",
                                   "12345", "", "users:99999999999999999999"}) {
        INFO(text);
        CHECK(error_of({"once", "--id", text}).find(" is no DATASET:ID such as users:12345") != std::string::npos);
    }
    CHECK(error_of({"once", "--full", "--id", "users:1"}).find("give one of them") != std::string::npos);
}
