// The manual says what the code says. What is compared is read from the tables
// of the program and from its sources.
#include "support/catch.hpp"

#include "command/command_table.hpp"
#include "command/help_text.hpp"
#include "settings/dataset_keys.hpp"
#include "settings/document_keys.hpp"
#include "settings/keys.hpp"
#include "settings/mirror_keys.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace exportd;

namespace {

using names = std::set<std::string>;

std::filesystem::path const source{EXPORTD_SOURCE_DIR};

std::string content(std::filesystem::path const& file) {
    std::ifstream in{file, std::ios::binary};
    REQUIRE(in);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The group of each match.
names matches(std::string const& text, std::string const& pattern, std::size_t group = 1) {
    names found;
    std::regex const expression{pattern, std::regex::ECMAScript | std::regex::multiline};
    for (std::sregex_iterator i{text.begin(), text.end(), expression}, end; i != end; ++i)
        found.insert((*i)[group]);
    return found;
}

/// The part of a page between ".Sh NAME" or ".Ss NAME" and the next heading.
std::string section(std::string const& page, std::string const& heading) {
    auto const begin = page.find(heading + '\n');
    REQUIRE(begin != std::string::npos);
    auto const text = begin + heading.size();
    auto const end = std::min(page.find("\n.Sh ", text), page.find("\n.Ss ", text));
    return page.substr(text, end - text);
}

/// The list items of a page, ".It MACRO NAME rest", by their name: with the rest of the line and the text below it.
std::map<std::string, std::string> items(std::string const& page, std::string const& macro) {
    std::map<std::string, std::string> found;
    std::string* current = nullptr;
    std::istringstream lines{page};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string first, second, name;
        words >> first >> second >> name;
        if (first == ".It")
            current = second == macro ? &found[name] : nullptr;
        else if (first == ".El" || first == ".Sh")
            current = nullptr;
        if (current != nullptr)
            *current += line + '\n';
    }
    return found;
}

std::string page_8() {
    return content(source / "daemon/man/osm-notes-exportd.8");
}
std::string page_5() {
    return content(source / "daemon/man/osm-notes-exportd.conf.5");
}

names known_names() {
    names all;
    for (auto const& key : known_keys())
        all.insert(key.full_name());
    return all;
}

/// As it is after installation from a package.
std::string documented_default(key_info const& key) {
    return key.name == "schema_dir" ? "/usr/share/osm-notes-exportd/schemas" : std::string{key.default_text};
}

/// The text from an opening parenthesis or brace to its end.
std::string enclosed(std::string const& text, std::size_t begin) {
    int depth = 0;
    for (auto at = begin; at < text.size(); ++at) {
        depth += text[at] == '(' || text[at] == '{' ? 1 : text[at] == ')' || text[at] == '}' ? -1 : 0;
        if (depth == 0)
            return text.substr(begin, at - begin);
    }
    FAIL("no end of " << text.substr(begin, 60));
    return {};
}

struct logged {
    names events;
    names fields;
};

/// The log() calls of one source file: the first word-like literal names the event, or two of them with a '?'.
std::vector<logged> log_calls(std::string const& text) {
    std::vector<logged> calls;
    for (auto at = text.find("logging::log("); at != std::string::npos; at = text.find("logging::log(", at + 1)) {
        auto const call = enclosed(text, text.find('(', at));
        auto const head = call.substr(0, call.find('{'));
        calls.push_back({matches(head, "\"([a-z]+(?:_[a-z]+)*)\""), matches(call, "\\{\"([a-z_]+)\",")});
    }
    return calls;
}

std::map<std::string, names> logged_fields() {
    std::map<std::string, names> all;
    for (auto const& file : std::filesystem::recursive_directory_iterator{source / "daemon"}) {
        if (file.path().extension() != ".cpp")
            continue;
        auto const text = content(file.path());
        for (auto const& call : log_calls(text)) {
            INFO(file.path());
            CHECK_FALSE(call.events.empty());
            for (auto const& event : call.events)
                all[event].insert(call.fields.begin(), call.fields.end());
        }
    }
    // Written past a log file that is lost, or full.
    all["log_file_lost"].insert("error");
    all["log_lost"].insert("error");
    // Put together before the call.
    auto const cycle_log = content(source / "daemon/cycles/cycle_log.cpp");
    auto const begin = cycle_log.find("std::vector<logging::field> fields{");
    REQUIRE(begin != std::string::npos);
    all["cycle_finished"].merge(matches(enclosed(cycle_log, cycle_log.find('{', begin)), "\\{\"([a-z_]+)\","));
    all["cycle_finished"].merge(matches(cycle_log, "\"([a-z]+_ms)\""));
    return all;
}

} // namespace

TEST_CASE("manual: the page names every command with its options", "[manual]") {
    auto const described = items(section(page_8(), ".Sh DESCRIPTION"), "Cm");
    CHECK(described.size() == command_table().size());
    for (auto const& info : command_table()) {
        INFO(info.word);
        REQUIRE(described.contains(std::string{info.word}));
        auto const& item = described.at(std::string{info.word});
        auto const own = matches(item.substr(0, item.find('\n')), "Fl -([a-z]+)");
        CHECK(own == matches(info.synopsis(), "--([a-z]+)"));
        CHECK(page_8().find(info.word == "run" ? ".Op Cm run\n" : "\n.Cm " + std::string{info.word} + '\n') !=
              std::string::npos);
    }
}

TEST_CASE("manual: each command has a page of its own, with its options", "[manual]") {
    auto const others = page_8().substr(page_8().find("\n.Sh SEE ALSO"));
    for (auto const& info : command_table()) {
        auto const name = "osm-notes-exportd-" + std::string{info.word};
        INFO(name);
        auto const page = content(source / "daemon/man" / (name + ".8"));
        CHECK(matches(section(page, ".Sh SYNOPSIS"), "Fl -([a-z-]+)") == matches(info.synopsis(), "--([a-z-]+)"));
        CHECK(page.find("\n.Sh EXIT STATUS\n") != std::string::npos);
        CHECK(others.find("\n.Xr " + name + " 8") != std::string::npos);
    }
}

TEST_CASE("manual: the page names every option with its argument", "[manual]") {
    auto const page = section(page_8(), ".Sh DESCRIPTION");
    names expected;
    for (auto const& option : option_table()) {
        auto item = "-" + std::string{option.name()};
        if (std::string_view{option.spelling} != option.name())
            item = std::string(1, option.spelling[option.name().size() + 1]) + " , " + item;
        expected.insert(item + (option.argument.empty() ? "" : " Ar " + std::string{option.argument}));
    }
    CHECK(matches(page, "^\\.It Fl (.+)$") == expected);
}

TEST_CASE("manual: page and help give the same exit codes", "[manual]") {
    auto const help = help_text();
    auto const codes = help.substr(help.find("Exit codes:"));
    CHECK(matches(section(page_8(), ".Sh EXIT STATUS"), "^\\.It ([0-9]+)$") == matches(codes, "^  ([0-9]+) "));
    CHECK(matches(content(source / "daemon/exit_codes.hpp"), "= ([0-9]+),") == matches(codes, "^  ([0-9]+) "));
}

TEST_CASE("manual: the page of a command and its help give the same exit codes", "[manual]") {
    for (auto const& info : command_table()) {
        auto const name = "daemon/man/osm-notes-exportd-" + std::string{info.word} + ".8";
        INFO(name);
        auto const codes = section(content(source / name), ".Sh EXIT STATUS");
        if (codes.find("Others are those of\n.Xr osm-notes-exportd 8") != std::string::npos)
            continue;
        auto const all = matches(codes, "(?:^|^\\.It |; )([0-9]+)(?= |$)");
        CHECK(all == matches(help_text(info.name), "^  ([0-9]+) "));
    }
}

TEST_CASE("manual: page and help give the same signals", "[manual]") {
    auto const help = help_text(command::run);
    auto const signals = help.substr(help.find("Signals:"), help.find("Exit codes:") - help.find("Signals:"));
    names in_help;
    for (auto const& name : matches(signals, "\\b([A-Z0-9]{3,4})\\b"))
        in_help.insert("SIG" + name);
    CHECK(matches(section(page_8(), ".Sh SIGNALS"), "(SIG[A-Z0-9]+)") == in_help);
}

TEST_CASE("manual: the page of the configuration has every key with its default", "[manual]") {
    auto const page = page_5();
    names documented;
    for (auto const& heading : matches(page, "^\\.Ss \\[([a-z]+)\\]$"))
        for (auto const& [name, item] : items(section(page, ".Ss [" + heading + "]"), "Va"))
            documented.insert(heading + '.' + name);
    CHECK(documented == known_names());
    for (auto const& key : known_keys()) {
        INFO(key.full_name());
        auto const all = items(section(page, ".Ss [" + std::string{key.section} + "]"), "Va");
        auto const item = all.find(std::string{key.name});
        REQUIRE(item != all.end());
        auto const value = documented_default(key);
        auto const line = ".It Va " + std::string{key.name} + " Pq " + (value.empty() ? "empty" : "Ql " + value) + '\n';
        CHECK(item->second.starts_with(line));
        CHECK((item->second.find("Needs a restart.") != std::string::npos) == (key.when == takes_effect::on_restart));
        CHECK(matches(item->second, "^\\.Ev ([A-Z_]+)") ==
              (key.environment.empty() ? names{} : names{std::string{key.environment}}));
    }
}

TEST_CASE("manual: the page of the configuration has every key of a mirror with its default", "[manual]") {
    auto const all = items(section(page_5(), ".Ss [mirror NAME]"), "Va");
    CHECK(all.size() == mirror_keys().size());
    for (auto const& key : mirror_keys()) {
        INFO(key.name);
        auto const item = all.find(std::string{key.name});
        REQUIRE(item != all.end());
        bool const required = key.name == "kind" || key.name == "url";
        auto const value = std::string{key.default_text};
        CHECK(item->second.starts_with(".It Va " + std::string{key.name} + " Pq " +
                                       (required        ? "required"
                                        : value.empty() ? "empty"
                                                        : "Ql " + value) +
                                       '\n'));
        for (auto const kind : key.kinds)
            CHECK(item->second.find('\n' + std::string{to_string(kind)} + ':') != std::string::npos);
    }
}

TEST_CASE("manual: the page of the configuration has every key of a dataset and of a document", "[manual]") {
    auto const check = [](std::string const& heading, auto const& keys) {
        auto const all = items(section(page_5(), ".Ss [" + heading + " NAME]"), "Va");
        CHECK(all.size() == keys.size());
        for (auto const& key : keys) {
            INFO(heading << ' ' << key.name);
            auto const item = all.find(std::string{key.name});
            REQUIRE(item != all.end());
            auto const begin = ".It Va " + std::string{key.name} + " Pq ";
            CHECK(
                item->second.starts_with(begin + (key.needed                                              ? "required\n"
                                                  : key.name == "schema_optional" || key.name == "shards" ? "Ql false\n"
                                                  : key.name == "top"                                     ? "Ql 10000\n"
                                                                      : "empty\n")));
        }
    };
    check("dataset", dataset_keys());
    check("document", document_keys());
}

TEST_CASE("manual: the page names every environment variable of the settings", "[manual]") {
    names expected;
    for (auto const& key : known_keys())
        if (!key.environment.empty())
            expected.insert(std::string{key.environment});
    CHECK(matches(section(page_8(), ".Sh ENVIRONMENT"), "^\\.It Ev ([A-Z_]+)$") == expected);
}

TEST_CASE("manual: every logged event is there with its fields", "[manual]") {
    auto const documented = items(page_8(), "Sy");
    auto const logged = logged_fields();
    CHECK(logged.size() > 25);
    names events, described;
    for (auto const& [event, fields] : logged) {
        events.insert(event);
        auto const item = documented.find(event);
        for (auto const& field : fields) {
            INFO(event << " " << field);
            CHECK((item != documented.end() && matches(item->second, "^\\.(?:Pq )?Va ([a-z_]+)").contains(field)));
        }
    }
    for (auto const& [event, item] : documented)
        described.insert(event);
    CHECK(described == events);
}
