#include "cycle/noted_files.hpp"

#include "feed/paths.hpp"
#include "feed/published_paths.hpp"
#include "publish/twin_path.hpp"
#include "shard/paths.hpp"
#include "shard/present.hpp"
#include "twin/comparison.hpp"

#include <algorithm>

namespace notes_export {

namespace {

constexpr std::string_view now_word = "now ";
constexpr std::string_view former_word = "former ";

std::string_view without(std::string_view line, std::string_view prefix) {
    return line.substr(prefix.size());
}

// With the suffix of a twin. What no file system could hold was never published.
bool has_short_names(std::string_view path) {
    constexpr std::size_t longest_name = 250;
    constexpr std::size_t longest_path = 1'000;
    bool all_short = path.size() <= longest_path;
    while (all_short && !path.empty()) {
        auto const end = std::min(path.find('/'), path.size());
        all_short = end <= longest_name;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return all_short;
}

} // namespace

std::string_view noted_files::word_of(kind what) noexcept {
    switch (what) {
    case kind::profiles:
        return "profiles ";
    case kind::file:
        return "file ";
    case kind::shards:
        break;
    }
    return "shards ";
}

noted_files::noted_files(export_config const& config, std::string_view note) {
    for (auto const& d : config.datasets) {
        configure(kind::profiles, d.path);
        if (d.has_index())
            configure(kind::file, d.index_path);
        else if (!d.shards.directory.empty())
            configure(kind::file, d.shards.directory + ".json"); // whether it is there is noted by shard::index_note
        if (d.shards.make)
            configure(kind::shards, d.shards.directory);
    }
    for (auto const& d : config.documents)
        configure(kind::file, d.path);
    while (!note.empty()) {
        auto const end = std::min(note.find('\n'), note.size());
        read_line(note.substr(0, end));
        note.remove_prefix(std::min(end + 1, note.size()));
    }
    // Switched off they go by themselves, see shard::index_note.
    for (auto const& d : config.datasets)
        if (auto const known = m_all.find({d.shards.directory, kind::shards}); known != m_all.end())
            known->second.configured = true;
}

void noted_files::configure(kind what, std::string const& path) {
    m_all[{path, what}].configured = true;
}

// Of a damaged note, the lines that are understood.
void noted_files::read_line(std::string_view line) {
    bool const former = line.starts_with(former_word);
    if (!former && !line.starts_with(now_word))
        return;
    auto const rest = without(line, former ? former_word : now_word);
    for (auto const what : {kind::profiles, kind::file, kind::shards}) {
        if (!rest.starts_with(word_of(what)))
            continue;
        auto const path = without(rest, word_of(what));
        bool const good = what == kind::profiles ? entity_path::refuse(path).empty() : feed::is_fit(path);
        if (good && has_short_names(path) && !is_below_private(path))
            m_all[{std::string{path}, what}].former = former;
    }
}

std::string noted_files::before_publication() const {
    std::string text;
    for (auto const& [key, e] : m_all)
        text += std::string{!e.configured && e.former ? former_word : now_word} + std::string{word_of(key.second)} +
                key.first + '\n';
    return text;
}

std::string noted_files::after_publication(bool cleared) const {
    std::string text;
    for (auto const& [key, e] : m_all)
        if (e.configured || !cleared)
            text += std::string{e.configured ? now_word : former_word} + std::string{word_of(key.second)} + key.first +
                    '\n';
    return text;
}

bool noted_files::less_than_before() const {
    return std::ranges::any_of(m_all, [](auto const& each) { return !each.second.configured && !each.second.former; });
}

std::vector<std::string> noted_files::former() const {
    std::vector<std::string> paths;
    for (auto const& [key, e] : m_all)
        if (!e.configured)
            paths.push_back(key.first);
    return paths;
}

std::vector<std::string> noted_files::paths_of(tree const& files, kind what, std::string const& place) {
    std::vector<std::string> paths;
    if (what == kind::file) {
        paths.push_back(place);
    } else if (what == kind::shards) {
        shard::paths const where{place};
        paths = shard::present(files, where);
        std::erase_if(paths, [&](std::string const& path) { return !where.contains(path); });
    } else {
        entity_path const layout{place};
        for (auto const id : files.profile_ids(layout))
            paths.push_back(layout.of(id));
    }
    return paths;
}

std::vector<std::string> noted_files::former_paths(tree const& files, export_config const& config,
                                                   compressions twins) const {
    published_paths const now{config};
    std::vector<std::string> paths;
    auto const add = [&](std::string const& path) {
        if (now.contains(path))
            return;
        if (files.is_removable(path))
            paths.push_back(path);
        for (auto const how : all_compressions)
            if (twins_beside(files, path, twins).has(how))
                paths.push_back(twin_path(path, how));
    };
    for (auto const& [key, e] : m_all) {
        if (e.configured)
            continue;
        for (auto const& path : paths_of(files, key.second, key.first))
            add(path);
    }
    return paths;
}

} // namespace notes_export
