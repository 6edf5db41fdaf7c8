#include "feed/noted_files.hpp"

#include "feed/paths.hpp"
#include "publish/tree.hpp"

#include <algorithm>
#include <charconv>

namespace notes_export {

namespace {

constexpr std::string_view now_word = "now ";
constexpr std::string_view former_word = "former ";
constexpr std::string_view cleared_word = "cleared ";

/// Takes a word off the beginning of a line; false when it begins with another one.
bool take(std::string_view& line, std::string_view word) {
    bool const there = line.starts_with(word);
    line.remove_prefix(there ? word.size() : 0);
    return there;
}

/// A number and the space behind it; 0 when there is none.
std::uint64_t take_number(std::string_view& line) {
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return error == std::errc{} && take(line, " ") ? number : 0;
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

bool is_name_of_twins(std::string_view text) {
    return std::ranges::any_of(all_compressions, [&](compression how) { return name_of(how) == text; });
}

} // namespace

std::string_view noted_files::word_of(kind what) noexcept {
    switch (what) {
    case kind::profiles:
        return "profiles ";
    case kind::file:
        return "file ";
    case kind::twins:
        return "twins ";
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
        if (d.shards.make)
            configure(kind::shards, d.shards.directory);
    }
    for (auto const& d : config.documents)
        configure(kind::file, d.path);
    for (auto const how : all_compressions)
        if (config.twins.kinds.has(how))
            configure(kind::twins, std::string{name_of(how)});
    while (!note.empty()) {
        auto const end = std::min(note.find('\n'), note.size());
        read_line(note.substr(0, end));
        note.remove_prefix(std::min(end + 1, note.size()));
    }
    for (auto const& d : config.datasets)
        if (!d.shards.directory.empty()) {
            switch_off(kind::shards, d.shards.directory);
            switch_off(kind::file, d.shards.directory + ".json");
        }
    for (auto const how : all_compressions)
        switch_off(kind::twins, std::string{name_of(how)});
}

void noted_files::configure(kind what, std::string const& path) {
    m_all[{path, what}].configured = true;
}

// Where it is noted and not configured.
void noted_files::switch_off(kind what, std::string const& path) {
    if (auto const known = m_all.find({path, what}); known != m_all.end())
        known->second.switched_off = !known->second.configured;
}

// Of a damaged note, the lines that are understood.
void noted_files::read_line(std::string_view line) {
    entry read;
    if (take(line, cleared_word)) {
        if ((read.cleared = take_number(line)) == 0)
            return;
    } else if (take(line, former_word)) {
        read.former = true;
    } else if (!take(line, now_word)) {
        return;
    }
    for (auto const what : all_kinds) {
        if (!take(line, word_of(what)))
            continue;
        bool const good = what == kind::profiles ? entity_path::refuse(line).empty()
                          : what == kind::twins  ? is_name_of_twins(line)
                                                 : feed::is_fit(line);
        if (good && has_short_names(line) && !is_below_private(line)) {
            auto& known = m_all[{std::string{line}, what}];
            known.former = read.former;
            known.cleared = read.cleared;
        }
        return;
    }
}

std::string noted_files::line(noted const& each, std::string_view word) {
    auto const& [key, e] = each;
    auto const number = word == cleared_word ? std::to_string(e.cleared) + ' ' : std::string{};
    return std::string{word} + number + std::string{word_of(key.second)} + key.first + '\n';
}

std::string noted_files::before_publication() const {
    std::string text;
    for (auto const& each : m_all) {
        auto const& e = each.second;
        text += line(each, e.configured ? now_word : e.cleared > 0 ? cleared_word : e.former ? former_word : now_word);
    }
    return text;
}

std::string noted_files::after_publication(removed what, std::uint64_t generation) const {
    std::string text;
    for (auto each : m_all) {
        auto& e = each.second;
        bool const went = (what == removed::everything && is_left(e)) ||
                          (what != removed::nothing && e.switched_off && e.cleared == 0);
        if (went)
            e.cleared = generation;
        bool const known_as_now = e.configured || (e.switched_off && !e.former);
        text += line(each, e.cleared > 0 && !e.configured ? cleared_word : known_as_now ? now_word : former_word);
    }
    return text;
}

bool noted_files::less_than_before() const {
    return std::ranges::any_of(m_all, [](auto const& each) { return is_left(each.second) && !each.second.former; });
}

void noted_files::add(former_files& to, noted const& each) {
    auto const& [path, what] = each.first;
    switch (what) {
    case kind::profiles:
        return to.profiles.push_back(path);
    case kind::file:
        return to.files.push_back(path);
    case kind::shards:
        return to.shards.push_back(path);
    case kind::twins:
        for (auto const how : all_compressions)
            if (path == name_of(how))
                to.twins.add(how);
    }
}

template <class Wanted>
former_files noted_files::all(Wanted const& wanted) const {
    former_files found;
    for (auto const& each : m_all)
        if (wanted(each.second))
            add(found, each);
    return found;
}

former_files noted_files::former() const {
    return all(is_left);
}

// Of a copy of something else it is known only that it may have what the tree still has.
bool noted_files::may_be_in(std::uint64_t generation, entry const& e) {
    return !e.configured && (e.cleared == 0 || (generation > 0 && generation < e.cleared));
}

former_files noted_files::former_at(std::uint64_t generation) const {
    return all([&](entry const& e) { return may_be_in(generation, e); });
}

} // namespace notes_export
