// The pages that are lists: what the program cannot do names settings and tests that there are, and messages are those
// of the program, word for word.
#include "support/catch.hpp"

#include "settings/keys.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace exportd;
namespace fs = std::filesystem;

namespace {

fs::path const source{EXPORTD_SOURCE_DIR};

std::string content(fs::path const& file) {
    std::ifstream in{file, std::ios::binary};
    REQUIRE(in);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<std::string> matches(std::string const& text, std::string const& pattern) {
    std::vector<std::string> found;
    std::regex const expression{pattern, std::regex::ECMAScript | std::regex::multiline};
    for (std::sregex_iterator i{text.begin(), text.end(), expression}, end; i != end; ++i)
        found.push_back((*i)[1]);
    return found;
}

std::vector<fs::path> files_below(std::string const& directory, std::string const& extension) {
    std::vector<fs::path> found;
    for (auto const& file : fs::recursive_directory_iterator{source / directory})
        if (file.path().extension() == extension)
            found.push_back(file.path());
    return found;
}

/// The entries of a page, each from its ".It" to the next one.
std::vector<std::string> entries(std::string const& page) {
    std::vector<std::string> all;
    std::istringstream lines{page};
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(".It "))
            all.emplace_back();
        inside = line.starts_with(".It ") || (inside && line != ".El");
        if (inside)
            all.back() += line + '\n';
    }
    return all;
}

std::set<std::string> names_of_tests() {
    std::set<std::string> names;
    for (auto const& file : files_below("tests", ".cpp"))
        for (auto const& name : matches(content(file), R"re(TEST_CASE(?:_METHOD)?\([^"]*"((?:[^"\\]|\\.)*)")re"))
            names.insert(name);
    return names;
}

/// "script_test.sh" or "script_test.sh function".
bool is_script(std::string const& test) {
    std::istringstream words{test};
    std::string script, function;
    words >> script >> function;
    auto const scripts = files_below("tests", ".sh");
    auto const found = std::ranges::find(scripts, script, [](fs::path const& p) { return p.filename().string(); });
    return found != scripts.end() &&
           (function.empty() || content(*found).find('\n' + function + "() {\n") != std::string::npos);
}

bool is_setting(std::string const& name) {
    return std::ranges::any_of(known_keys(), [&](key_info const& key) { return key.full_name() == name; });
}

/// All that the program may say: its literals, those that stand one behind the other as one, and install.sql.
std::string everything_said() {
    std::string all;
    std::regex const between{"\"\\s*\\n\\s*\""};
    for (std::string const room : {"lib", "daemon"})
        for (auto const& file : files_below(room, ".cpp"))
            all += std::regex_replace(content(file), between, "");
    return all + content(source / "sql/install.sql");
}

} // namespace

TEST_CASE("manual: each limit names what bounds it, and a test that there is", "[manual]") {
    auto const tests = names_of_tests();
    auto const all = entries(content(source / "daemon/man/osm-notes-exportd-limits.7"));
    CHECK(all.size() > 40);
    for (auto const& entry : all) {
        INFO(entry);
        auto const settings = matches(entry, "^\\.Va ([a-z_.]+)");
        CHECK(settings.empty() == (entry.find("Nothing to set.") != std::string::npos));
        for (auto const& setting : settings)
            CHECK(is_setting(setting));
        auto const shown_by = matches(entry, "^\\.Dl test: (.+)$");
        CHECK_FALSE(shown_by.empty());
        for (auto const& test : shown_by) {
            INFO(test);
            CHECK((tests.contains(test) || is_script(test)));
        }
    }
}

TEST_CASE("manual: each message is one of the program", "[manual]") {
    auto const said = everything_said();
    auto const page = content(source / "daemon/man/osm-notes-exportd-messages.7");
    auto const messages = matches(page, "^\\.It Sy \"(.+)\"$");
    CHECK(messages.size() > 30);
    // Written in the same way as in the sources, and no other way.
    CHECK(messages.size() + matches(page, "^\\.It Em \"(.+)\"$").size() == entries(page).size());
    for (auto const& message : messages) {
        std::istringstream parts{std::regex_replace(message, std::regex{" ?\\.\\.\\. ?"}, "\n")};
        for (std::string part; std::getline(parts, part);) {
            INFO(message);
            CHECK(said.find(part) != std::string::npos);
        }
    }
}
