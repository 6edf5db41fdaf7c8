// A configuration file: whatever it holds, each key has one value or there is a mistake to show, and no secret in it.
#include "fuzz/expect.hpp"
#include "fuzz/input.hpp"

#include "settings/config_file.hpp"
#include "settings/listen_address.hpp"
#include "settings/load_settings.hpp"
#include "settings/settings.hpp"
#include "settings/shown_settings.hpp"
#include "settings/take_over.hpp"
#include "settings/values.hpp"
#include "support/default_settings.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <fstream>
#include <set>

using namespace exportd;
using fuzz::expect;

namespace {

constexpr std::string_view secret = "hunter2hunter2";

std::optional<std::string> no_variable(std::string_view) {
    return std::nullopt;
}

loaded_settings from_file(std::string_view text, std::vector<std::string> const& sets = {}) {
    static test::temporary_directory const root;
    auto const path = root / "fuzz.conf";
    std::ofstream{path, std::ios::binary} << text;
    return load_settings(path, sets, no_variable);
}

loaded_settings from_command_line(config_file const& file) {
    std::vector<std::string> sets;
    for (auto const& e : file.entries) {
        auto section = e.section; // "dataset hashtags" is dataset.hashtags there
        std::ranges::replace(section, ' ', '.');
        sets.push_back(section + '.' + e.key + '=' + e.value);
    }
    return load_settings(std::nullopt, sets, no_variable, "/nonexistent/osm-notes-exportd.conf");
}

void check_entries(config_file const& file) {
    std::set<std::pair<std::string, std::string>> seen;
    for (auto const& e : file.entries) {
        expect(seen.emplace(e.section, e.key).second, "no key is there twice");
        expect(e.value.find('\n') == std::string::npos, "a value is one line");
        expect(std::ranges::any_of(file.sections, [&](auto const& s) { return s.name == e.section; }),
               "a key is in a section of the file");
    }
}

/// The secret stands nowhere but in values of conninfo.
bool keeps_secret(std::string_view text) {
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.find(secret) != std::string_view::npos && !line.starts_with("conninfo ="))
            return false;
    }
    return true;
}

void check_secret(std::string_view text, loaded_settings const& loaded) {
    if (keeps_secret(text))
        for (auto const& m : loaded.mistakes)
            expect(m.text().find(secret) == std::string::npos, "no mistake shows a password");
}

void check_shown(std::string_view text) {
    std::vector<std::string> const unchecked{"export.validation=off"}; // no schema is looked for
    auto const loaded = from_file(text, unchecked);
    auto const shown = shown_settings(loaded.value);
    if (shown.find("***") != std::string::npos)
        return;
    auto const again = from_file(shown, unchecked);
    expect(again.mistakes.empty() && again.value == loaded.value, "what is shown is read as it was");
}

void check_address(std::string_view text) {
    try {
        auto const address = parse_listen_address(text);
        expect(parse_listen_address(address.text()) == address, "an address is read as it is written");
    } catch (bad_value const&) {
        return;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::input{data, size}.rest();
    auto const file = parse_config(text, "fuzz.conf");
    check_entries(file);
    auto const loaded = from_file(text);
    check_secret(text, loaded);
    if (loaded.mistakes.empty()) {
        check_shown(text);
        auto const same = from_command_line(file);
        expect(same.mistakes.empty() && same.value == loaded.value, "--set means what the same line in a file means");
    }
    expect(needs_restart(loaded.value, loaded.value).empty(), "nothing changes by itself");
    auto merged = test::default_settings();
    take_over(merged, loaded.value);
    expect(needs_restart(merged, test::default_settings()).empty(), "what needs a restart is not taken over");
    for (auto const& e : file.entries)
        check_address(e.value);
    return 0;
}
