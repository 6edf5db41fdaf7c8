#include "setup/unit.hpp"

#include "setup/program.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <system_error>
#include <utility>

namespace exportd {

namespace {

namespace fs = std::filesystem;

bool is_below_any(fs::path const& path, std::initializer_list<char const*> directories) {
    return std::ranges::any_of(directories, [&](char const* d) { return is_at_or_below(path, d); });
}

/// A list as systemctl shows it: with blanks between, and what has blanks in it in double quotes.
std::vector<std::string> words(std::string const& text) {
    std::vector<std::string> all;
    std::string word;
    bool quoted = false;
    bool begun = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') {
            quoted = !quoted;
        } else if (text[i] == ' ' && !quoted) {
            if (begun)
                all.push_back(std::exchange(word, {}));
            begun = false;
            continue;
        } else {
            i += text[i] == '\\' && i + 1 < text.size() ? 1 : 0;
            word += text[i];
        }
        begun = true;
    }
    if (begun)
        all.push_back(word);
    return all;
}

} // namespace

bool systemd_runs() {
    std::error_code unseen;
    return fs::is_directory("/run/systemd/system", unseen); // as sd_booted(3)
}

bool is_at_or_below(fs::path const& path, fs::path const& directory) {
    auto const [end, unused] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
    return end == directory.end();
}

unit unit::parse(std::string_view shown) {
    unit found;
    while (!shown.empty()) {
        auto const line = shown.substr(0, shown.find('\n'));
        shown.remove_prefix(std::min(line.size() + 1, shown.size()));
        if (auto const equals = line.find('='); equals != std::string_view::npos)
            found.m_properties.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    return found;
}

std::optional<unit> unit::ask() {
    if (!systemd_runs())
        return std::nullopt;
    auto const shown = run_program(
        {{"systemctl", "show", "--no-pager",
          "--property=LoadState,ActiveState,SubState,StatusText,Result,UnitFileState,User,ReadWritePaths",
          "--property=StateDirectory,LogsDirectory,CacheDirectory,RuntimeDirectory",
          "--property=ProtectSystem,ProtectHome,PrivateTmp,ExecMainStartTimestampMonotonic", service_unit}});
    if (!shown.good())
        throw std::system_error{EIO, std::generic_category(),
                                "ask systemd for " + std::string{service_unit} + ": " + shown.last_line()};
    auto found = parse(shown.output);
    return found.property("LoadState") == "loaded" ? std::optional{std::move(found)} : std::nullopt;
}

std::string const& unit::property(std::string const& name) const {
    static std::string const none;
    auto const found = m_properties.find(name);
    return found == m_properties.end() ? none : found->second;
}

// Microseconds of the monotonic clock, whereas files know the time of day alone.
bool unit::started_before(fs::path const& file) const {
    using std::chrono::microseconds;
    auto const& text = property("ExecMainStartTimestampMonotonic");
    microseconds::rep started = 0;
    std::from_chars(text.data(), text.data() + text.size(), started);
    std::error_code unseen;
    auto const written = fs::last_write_time(file, unseen);
    auto const age = std::chrono::steady_clock::now().time_since_epoch() - microseconds{started};
    return !unseen && written > fs::file_time_type::clock::now() - age;
}

// A '-' says that the path need not be there, a '+' that it counts from the root of the unit.
std::vector<fs::path> unit::writable() const {
    std::vector<fs::path> all;
    for (auto word : words(property("ReadWritePaths"))) {
        word.erase(0, word.find_first_not_of("-+"));
        all.emplace_back(word);
    }
    for (auto const& [name, parent] :
         {std::pair{"StateDirectory", "/var/lib"}, std::pair{"LogsDirectory", "/var/log"},
          std::pair{"CacheDirectory", "/var/cache"}, std::pair{"RuntimeDirectory", "/run"}})
        for (auto const& word : words(property(name)))
            all.push_back(fs::path{parent} / word.substr(0, word.find(':')));
    return all;
}

std::string unit::sight_obstacle(fs::path const& path) const {
    if (property("PrivateTmp") == "yes" && is_below_any(path, {"/tmp", "/var/tmp"}))
        return "PrivateTmp=yes hides it";
    auto const& home = property("ProtectHome");
    if ((home == "yes" || home == "tmpfs") && is_below_any(path, {"/home", "/root", "/run/user"}))
        return "ProtectHome=" + home + " hides it";
    return "";
}

std::string unit::write_obstacle(fs::path const& path) const {
    if (auto hidden = sight_obstacle(path); !hidden.empty())
        return hidden;
    auto const all = writable();
    if (std::ranges::any_of(all, [&](fs::path const& p) { return is_at_or_below(path, p); }))
        return "";
    auto const& system = property("ProtectSystem");
    bool const closed = system == "strict" || (system == "full" && is_below_any(path, {"/usr", "/boot", "/etc"})) ||
                        (system == "yes" && is_below_any(path, {"/usr", "/boot"}));
    if (closed)
        return "ProtectSystem=" + system + " makes it read-only, and no ReadWritePaths= names it";
    if (property("ProtectHome") == "read-only" && is_below_any(path, {"/home", "/root", "/run/user"}))
        return "ProtectHome=read-only";
    return "";
}

} // namespace exportd
