// The README says what the program's tables say, and can be read on a phone.
#include "support/catch.hpp"

#include "settings/keys.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace exportd;

namespace {

/// Letters beside each other on the screen of a phone, less what the borders of two columns take.
constexpr std::size_t phone = 35;

std::string readme() {
    std::ifstream in{std::filesystem::path{EXPORTD_SOURCE_DIR} / "README.md", std::ios::binary};
    REQUIRE(in);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string section(std::string const& heading) {
    auto const text = readme();
    auto const begin = text.find("\n" + heading + "\n");
    REQUIRE(begin != std::string::npos);
    return text.substr(begin, text.find("\n## ", begin + 1) - begin);
}

/// The longest word of each column of the table that begins there; the stream is behind it then.
std::vector<std::size_t> widths(std::istream& lines, std::string line) {
    std::regex const markup{"[`*]|\\]\\([^)]*\\)|\\["};
    std::vector<std::size_t> columns;
    do {
        std::istringstream cells{std::regex_replace(line.substr(1), markup, "")};
        std::size_t n = 0;
        for (std::string cell; std::getline(cells, cell, '|'); ++n) {
            columns.resize(std::max(columns.size(), n + 1));
            std::istringstream words{cell};
            for (std::string word; words >> word;)
                if (word.find_first_not_of("-:") != std::string::npos)
                    columns[n] = std::max(columns[n], word.size());
        }
    } while (std::getline(lines, line) && line.starts_with('|'));
    return columns;
}

} // namespace

TEST_CASE("readme: each table fits the screen of a phone", "[readme]") {
    std::istringstream lines{readme()};
    int tables = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('|'))
            continue;
        ++tables;
        auto const columns = widths(lines, line);
        INFO(line);
        CHECK(std::accumulate(columns.begin(), columns.end(), std::size_t{0}) <= phone);
        CHECK(columns.size() == 2);
    }
    CHECK(tables >= 3);
}

TEST_CASE("readme: every key is there with its default", "[readme]") {
    std::istringstream lines{section("## Configuration")};
    std::set<std::string> documented, expected;
    std::regex const named{"`(?:\\[([a-z]+)\\] )?([a-z_]+)`(?: = `([^`]*)`)?"};
    std::string group;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("- `"))
            continue;
        auto const head = line.substr(0, line.find("`: ") + 1);
        for (std::sregex_iterator i{head.begin(), head.end(), named}, end; i != end; ++i) {
            group = (*i)[1].matched ? (*i)[1].str() : group;
            auto const name = group + '.' + (*i)[2].str();
            documented.insert(name);
            auto const key = std::ranges::find(known_keys(), name, [](key_info const& k) { return k.full_name(); });
            INFO(name);
            REQUIRE(key != known_keys().end());
            // In words: where nothing is the default, and where the installation decides.
            if (key->name != "schema_dir")
                CHECK((*i)[3].str() == key->default_text);
        }
    }
    for (auto const& key : known_keys())
        expected.insert(key.full_name());
    CHECK(documented == expected);
}
