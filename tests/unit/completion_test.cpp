// What bash, zsh and fish offer is what the program takes: its commands, options and settings, and the values of those
// that are one of some words. Each shell is asked itself.
#include "support/catch.hpp"

#include "command/command_table.hpp"
#include "settings/keys.hpp"
#include "settings/values.hpp"
#include "support/temporary_directory.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <sys/wait.h>

using namespace exportd;

namespace {

using names = std::set<std::string>;

constexpr int not_installed = 77;

/// A shell, and what it offers.
struct shell {
    std::string name;
    bool describes;    ///< shows the help of what it offers
    bool mixes;        ///< offers options beside commands, before anything is typed
    bool whole_tokens; ///< offers "log.level=debug" where another offers "debug"

    /// What is offered at the end of "osm-notes-exportd LINE", with its description. nullopt: no such shell here.
    std::optional<std::map<std::string, std::string>> ask(std::string const& line) const {
        std::filesystem::path const source{EXPORTD_SOURCE_DIR};
        static test::temporary_directory const kept;
        auto const command = "COMPLETION_DUMP=" + (kept / "dump").string() + ' ' +
                             (source / "tests/support/completions.sh").string() + ' ' + name + ' ' +
                             (source / "daemon/completion").string() + " 'osm-notes-exportd " + line + "'";
        FILE* const pipe = ::popen(command.c_str(), "re");
        REQUIRE(pipe);
        std::string output;
        std::array<char, 4096> buffer{};
        while (auto const n = std::fread(buffer.data(), 1, buffer.size(), pipe))
            output.append(buffer.data(), n);
        int const status = ::pclose(pipe);
        if (WIFEXITED(status) && WEXITSTATUS(status) == not_installed)
            return std::nullopt;
        INFO(command);
        REQUIRE(status == 0);
        std::map<std::string, std::string> offered;
        std::istringstream lines{output};
        for (std::string text; std::getline(lines, text);) {
            auto const tab = std::min(text.find('\t'), text.size());
            offered[text.substr(0, tab)] = text.substr(std::min(tab + 1, text.size()));
        }
        return offered;
    }

    names offers(std::string const& line) const {
        names all;
        auto const offered = ask(line).value();
        for (auto const& [word, description] : offered)
            all.insert(word);
        return all;
    }

    bool is_here() const {
        bool const here = ask("").has_value();
        if (!here)
            WARN("skipped: no " << name);
        return here;
    }
};

names option_names(std::optional<command> of) {
    names all;
    for (auto const& option : option_table())
        if (!of ? option.commands.empty() : option.belongs_to(*of))
            all.insert("--" + std::string{option.name()});
    return all;
}

/// The words that a key takes: what it says when it is given another. Empty: it takes no words.
names words_of(key_info const& key) {
    names words;
    try {
        settings ignored;
        key.assign(ignored, "?");
    } catch (bad_value const& refusal) {
        std::string const text{refusal.what()}, before{"is not one of "};
        if (auto const list = text.find(before); list != std::string::npos) {
            std::istringstream rest{text.substr(list + before.size())};
            for (std::string word; std::getline(rest >> std::ws, word, ',');)
                words.insert(word);
        }
    }
    return words;
}

void check_commands(shell const& in) {
    auto const offered = in.ask("").value();
    names expected = in.mixes ? option_names(std::nullopt) : names{};
    for (auto const& info : command_table()) {
        INFO(info.word);
        expected.insert(std::string{info.word});
        REQUIRE(offered.contains(std::string{info.word}));
        if (in.describes)
            CHECK(offered.at(std::string{info.word}) == info.summary);
    }
    CHECK(in.offers("") == expected);
}

void check_options(shell const& in) {
    for (auto const& info : command_table()) {
        INFO(info.word);
        CHECK(in.offers(std::string{info.word} + " --set run.standby=true --") == option_names(info.name));
        if (!in.describes)
            continue;
        auto const offered = in.ask(std::string{info.word} + " --").value();
        for (auto const& option : option_table()) {
            auto const spelled = "--" + std::string{option.name()};
            INFO(spelled);
            if (option.belongs_to(info.name) && offered.contains(spelled))
                CHECK(offered.at(spelled) == option.help);
        }
    }
    CHECK(in.offers("once --config x --fo") == names{"--force"});
    CHECK(in.offers("--set status --fo").empty()); // a value, no command
}

void check_settings(shell const& in) {
    names expected;
    for (auto const& key : known_keys())
        expected.insert(key.full_name() + '=');
    CHECK(in.offers("once --set ") == expected);
    CHECK(in.offers("--set run.") == names{"run.standby="});
}

void check_values(shell const& in) {
    std::size_t with_words = 0;
    for (auto const& key : known_keys()) {
        auto const words = words_of(key);
        if (words.empty())
            continue;
        INFO(key.full_name());
        ++with_words;
        names expected;
        for (auto const& word : words)
            expected.insert(in.whole_tokens ? key.full_name() + '=' + word : word);
        CHECK(in.offers("--set " + key.full_name() + '=') == expected);
    }
    CHECK(with_words >= 4);
    CHECK(in.offers("verify --set log.format=js") == names{in.whole_tokens ? "log.format=json" : "json"});
    // A path: at least the one that is there.
    auto const paths = in.offers("--set log.file=" EXPORTD_SOURCE_DIR "/CMakeL");
    REQUIRE(paths.size() == 1);
    CHECK(paths.begin()->ends_with("CMakeLists.txt"));
    CHECK(in.offers("--set schedule.debounce=").empty());
}

void check_files(shell const& in) {
    auto const paths = in.offers("once --config " EXPORTD_SOURCE_DIR "/CMakeL");
    REQUIRE(paths.size() == 1);
    CHECK(paths.begin()->ends_with("CMakeLists.txt"));
}

void check_all(shell const& in) {
    if (!in.is_here())
        return;
    check_commands(in);
    check_options(in);
    check_settings(in);
    check_values(in);
    check_files(in);
}

} // namespace

TEST_CASE("completion: bash offers what the program takes", "[completion]") {
    check_all({.name = "bash", .describes = false, .mixes = true, .whole_tokens = false});
}

TEST_CASE("completion: zsh offers what the program takes", "[completion]") {
    check_all({.name = "zsh", .describes = true, .mixes = false, .whole_tokens = false});
}

TEST_CASE("completion: fish offers what the program takes", "[completion]") {
    check_all({.name = "fish", .describes = true, .mixes = false, .whole_tokens = true});
}
