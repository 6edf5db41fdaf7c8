#include "notes_export/mirrors.hpp"

#include "document/metadata.hpp"
#include "files/directory_entries.hpp"
#include "notes_export/mirror_config.hpp"
#include "notes_export/utc_text.hpp"
#include "publish/tree.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace notes_export {

namespace {

constexpr std::string_view directory = ".exportd/mirrors";
constexpr std::string_view suffix = ".json";
constexpr std::size_t longest_file = 64U << 10;
constexpr std::chrono::seconds longest_silence{180};
constexpr std::chrono::seconds long_lag{3600};

std::string time_text(std::int64_t unix_seconds) {
    return utc_text(std::chrono::sys_seconds{std::chrono::seconds{unix_seconds}});
}

std::string minutes_text(std::chrono::seconds d) {
    auto const whole = std::chrono::duration_cast<std::chrono::minutes>(d).count();
    return whole < 120 ? std::to_string(whole) + " min"
                       : std::to_string(whole / 60) + " h " + std::to_string(whole % 60) + " min";
}

std::string generations(mirror_state const& s, std::uint64_t tree_generation) {
    auto const has = s.generation == 0 ? "it has nothing yet" : "it has generation " + std::to_string(s.generation);
    return has + " of " + std::to_string(tree_generation);
}

// One that jumped back leaves a file of the future, which is as old as one of the past.
bool is_silent(mirror_state const& s, std::chrono::seconds now) {
    return std::chrono::abs(now - std::chrono::seconds{s.written}) > longest_silence;
}

std::string unit(mirror_state const& s) {
    return "osm-notes-exportd-mirror@" + s.name;
}

std::string silence(mirror_state const& s, std::filesystem::path const& file) {
    auto const since = s.written == 0 ? "has never run" : "has not run since " + time_text(s.written);
    auto const failed = s.error.empty() ? "" : "; its last step failed: " + s.error;
    return since + failed + ": systemctl status " + unit(s) + "; if it is not in the configuration any more, remove " +
           file.string();
}

std::string failure(mirror_state const& s) {
    return "fails since " + time_text(s.error_since) + ": " + s.error +
           " (it is tried again by itself; journalctl -u " + unit(s) + ")";
}

std::string what_takes_so_long(mirror_state const& s) {
    if (s.ended > 0)
        return "; its last run, with --once, ended at " + time_text(s.ended) + ": look at what starts it";
    return " (journalctl -u " + unit(s) + " tells what takes so long)";
}

} // namespace

std::filesystem::path tree_of_mirror_state(std::filesystem::path const& tree, mirror_config const& config) {
    std::error_code unknown;
    bool const published_here = std::filesystem::is_directory(tree / notes_export::tree::private_directory, unknown);
    return config.from.empty() || published_here ? tree : std::filesystem::path{config.url};
}

std::string_view to_string(mirror_condition c) noexcept {
    constexpr std::array<std::string_view, 5> names{"current", "behind", "far_behind", "failing", "not_running"};
    return names[static_cast<std::size_t>(c)];
}

bool mirror_views::bad() const noexcept {
    return !problems.empty() || std::ranges::any_of(mirrors, &mirror_view::bad);
}

mirror_view look_at_mirror(mirror_state said, std::uint64_t tree_generation, std::chrono::sys_seconds now,
                           std::filesystem::path const& file) {
    auto const at = now.time_since_epoch();
    mirror_view seen;
    bool const silent = is_silent(said, at);
    bool const by_timer = said.ended > 0; // it ran, and is to run again; whether it does so in time, its lag tells
    auto const newest = said.kind == "pull" ? said.tree_generation : std::max(said.tree_generation, tree_generation);
    if (said.behind_since > 0)
        seen.lag = std::max(std::chrono::seconds{1}, at - std::chrono::seconds{said.behind_since});
    else if (silent && newest > said.generation)
        seen.lag = std::max(std::chrono::seconds{1}, at - std::chrono::seconds{said.written});
    using enum mirror_condition;
    seen.is = silent && !by_timer    ? not_running
              : !said.error.empty()  ? failing
              : seen.lag > long_lag  ? far_behind
              : seen.lag.count() > 0 ? behind
                                     : current;
    if (seen.is == not_running)
        seen.problem = silence(said, file);
    else if (seen.is == failing)
        seen.problem = failure(said);
    else if (seen.is == far_behind)
        seen.problem = "is behind since " + time_text(said.behind_since > 0 ? said.behind_since : said.written) + ", " +
                       minutes_text(seen.lag) + ": " + generations(said, newest) + what_takes_so_long(said);
    if (!seen.problem.empty())
        seen.problem = "mirror " + said.name + ' ' + seen.problem;
    seen.said = std::move(said);
    return seen;
}

namespace {

struct listing {
    std::set<std::string> names; ///< the first ones by name
    bool too_many = false;
};

listing list(tree const& files) {
    listing found;
    auto const place = files.try_open_directory(directory);
    if (!place)
        return found;
    for_each_entry(place.fd(), files.full(directory), [&](dirent const& entry) {
        std::string_view const name{entry.d_name};
        if (name.starts_with('.') || !name.ends_with(suffix) || entry.d_type == DT_DIR)
            return;
        found.names.emplace(name);
        if (found.names.size() > most_mirrors) {
            found.names.erase(std::prev(found.names.end()));
            found.too_many = true;
        }
    });
    return found;
}

std::uint64_t generation_of(tree const& files) {
    auto const text = files.read(metadata::path);
    auto const live = text ? metadata::parse(*text) : std::nullopt;
    return live ? live->generation : 0;
}

std::string unusable(std::filesystem::path const& file, std::string const& why) {
    return file.string() + " is no state of a mirror (" + why +
           "): a mirror that runs writes it again within a minute; else remove it";
}

void read_one(tree const& files, std::string const& name, std::uint64_t tree_generation, std::chrono::sys_seconds now,
              mirror_views& views) {
    auto const path = std::string{directory} + '/' + name;
    auto const full = files.full(path);
    auto const text = files.read(path, longest_file);
    if (!text) {
        // Between the look at the directory and this one it may have gone.
        if (files.is_removable(path))
            views.problems.push_back(unusable(full, "no regular file of at most 64 KB"));
        return;
    }
    auto said = mirror_state::parse(*text);
    if (!said)
        views.problems.push_back(unusable(full, "its content is damaged"));
    else if (said->name + std::string{suffix} != name)
        views.problems.push_back(unusable(full, "it is of a mirror with another name, " + said->name));
    else
        views.mirrors.push_back(look_at_mirror(std::move(*said), tree_generation, now, full));
}

} // namespace

mirror_views mirrors_of(std::filesystem::path const& root, std::chrono::sys_seconds now) {
    mirror_views views;
    try {
        tree const files{root, false};
        auto const found = list(files);
        auto const tree_generation = found.names.empty() ? 0 : generation_of(files);
        for (auto const& name : found.names)
            read_one(files, name, tree_generation, now, views);
        if (found.too_many)
            views.problems.push_back(
                files.full(directory).string() + " has more than " + std::to_string(most_mirrors) +
                " files of mirrors; the rest is not looked at: remove those of mirrors that are gone");
    } catch (std::system_error const& e) {
        views.problems.emplace_back(e.what());
    }
    return views;
}

} // namespace notes_export
