#include "mirror/source/http_source.hpp"

#include "document/metadata.hpp"
#include "feed/parse.hpp"
#include "feed/paths.hpp"
#include "feed/published_paths.hpp"
#include "files/hex.hpp"
#include "files/sha256.hpp"
#include "mirror/error.hpp"
#include "mirror/source/index_listing.hpp"
#include "mirror/source/unread_list.hpp"
#include "pause.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace notes_export::mirror {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint64_t longest_index = 2ULL << 30U;
constexpr std::uint64_t longest_file = 16ULL << 20U;
constexpr std::size_t most_ahead = 64;
constexpr std::uint64_t most_bytes_ahead = 16U << 20U;
constexpr std::chrono::seconds patience_with_publication{5};
constexpr std::chrono::milliseconds look_again{500};

std::string in_feed(std::string_view name) {
    return std::string{feed::public_directory} + '/' + std::string{name};
}

bool is_dotted(std::string_view path) {
    return path.starts_with('.') || path.find("/.") != std::string_view::npos;
}

std::string told(std::uint64_t size, sha256_digest const& sha256) {
    return std::to_string(size) + " bytes with SHA-256 " + hex_of(sha256);
}

source_error no_feed(std::string const& url, std::string const& what) {
    return {"no_feed", "GET " + url + what,
            "check `from`; the tree's publisher must set [feed] publish = true, and have exported since"};
}

} // namespace

http_source::http_source(std::string const& from, export_config const& tree)
    : m_datasets{tree.datasets}, m_unlisted{tree}, m_site{from} {
    for (auto const& d : tree.documents)
        m_singles.push_back(d.path);
    if (auto const path = tree.version_file.string(); published_paths{tree}.contains(path))
        m_singles.push_back(m_version_file = path);
}

std::uint64_t http_source::longest(std::string_view path) const {
    if (auto const twin = twin_at(path))
        path = twin->of;
    bool const index = std::ranges::find(m_datasets, path, &dataset::index_path) != m_datasets.end();
    return index ? longest_index : longest_file;
}

std::optional<feed_state> http_source::state(std::stop_token const& stop) {
    m_ahead.clear(); // that was of what was known then
    auto const path = in_feed(feed::state_name);
    auto const text = m_site.get(path, feed::longest_state, stop);
    if (!text)
        throw no_feed(m_site.shown(path), ": there is none (404)");
    m_state = feed::parse_state(*text);
    if (!m_state)
        throw no_feed(m_site.shown(path), ": that is no state of a change feed");
    return m_state;
}

std::optional<change_list> http_source::changes(std::uint64_t generation, std::stop_token const& stop) {
    auto const path = in_feed(feed::list_path(generation));
    try {
        auto const text = m_site.get(path, longest_list_in_memory, stop);
        if (!text)
            return std::nullopt;
        auto list = feed::parse_list(*text);
        if (!list || list->generation != generation)
            throw damaged_list{m_site.shown(path), feed::fault_of_list(*text, generation)};
        leave_out_hidden(*list, stop);
        return list;
    } catch (source_error const& e) {
        if (e.kind() != "too_long")
            throw;
        return unread_list(generation);
    }
}

bool http_source::is_shown(std::string const& path, std::stop_token const& stop) {
    constexpr std::string_view not_for_us = "forbidden";
    try {
        return is_there(path, stop);
    } catch (source_error const& e) {
        if (e.kind() != not_for_us)
            throw;
        return false;
    }
}

void http_source::leave_out_hidden(change_list& list, std::stop_token const& stop) {
    auto const hidden = [&](listed_file const& f) {
        bool const single = std::ranges::find(m_singles, f.path) != m_singles.end();
        return single && is_dotted(f.path) && !is_shown(f.path, stop);
    };
    std::erase_if(list.changed, hidden);
}

bool http_source::is_there(std::string const& path, std::stop_token const& stop) {
    answer_spool unused;
    return m_site.download(path, longest_file, unused, stop);
}

bool http_source::read(std::string const& path, take_bytes const& take, std::stop_token const& stop) {
    if (auto const ahead = m_ahead.find(path); ahead != m_ahead.end()) {
        if (ahead->second)
            take(*ahead->second);
        return ahead->second.has_value();
    }
    answer_spool answer;
    if (!m_site.download(path, longest(path), answer, stop))
        return false;
    answer.give(take, stop);
    return true;
}

void http_source::require_plausible(std::string const& path,
                                    std::function<void(unlisted_content::take_bytes const&)> const& give) const {
    auto const fault = m_unlisted.fault(path, give);
    if (!fault.empty())
        throw source_error{std::string{implausible}, "GET " + m_site.shown(path) + ": status 200, but " + fault,
                           "look at what is sent there, by the server or by what is in between (a network that wants "
                           "somebody to log in, a proxy); then everything is compared anew"};
}

bool http_source::read_unlisted(std::string const& path, take_bytes const& take, std::stop_token const& stop) {
    if (auto const ahead = m_ahead.find(path); ahead != m_ahead.end()) {
        if (ahead->second)
            require_plausible(path, [&](auto const& to) { to(*ahead->second); });
        return read(path, take, stop);
    }
    answer_spool answer;
    if (!m_site.download(path, longest(path), answer, stop))
        return false;
    require_plausible(path, [&](auto const& to) { answer.give(to, stop); });
    answer.give(take, stop);
    return true;
}

void http_source::get_ahead(std::vector<std::string> const& paths, std::stop_token const& stop) {
    m_ahead.clear();
    if (paths.size() < 2)
        return;
    // When one is too long, the rest is read one by one.
    m_site.get_several(
        paths, [&](std::size_t i, std::optional<std::string> content) { m_ahead[paths[i]] = std::move(content); },
        stop);
}

void http_source::prepare(std::vector<listed_file> const& next, std::stop_token const& stop) {
    std::vector<std::string> paths;
    std::uint64_t bytes = 0;
    for (auto const& file : next) {
        if (paths.size() == most_ahead || bytes + file.size > most_bytes_ahead)
            break;
        if (file.size > http_site::longest_of_several)
            continue;
        bytes += file.size;
        paths.push_back(file.path);
    }
    get_ahead(paths, stop);
}

compressions http_source::twins() const {
    compressions all;
    for (auto const how : all_compressions)
        all.add(how);
    return m_state && m_state->twins ? *m_state->twins : all;
}

void http_source::add_with_twins(std::string const& path, std::vector<std::string>& to) const {
    to.push_back(path);
    for (auto const how : all_compressions)
        if (twins().has(how) && path != m_version_file)
            to.push_back(twin_path(path, how));
}

void http_source::tell(std::string const& path, on_file const& each) const {
    std::vector<std::string> all;
    add_with_twins(path, all);
    for (auto const& one : all)
        each(one, 0);
}

bool http_source::for_each_file(on_file const& each, std::stop_token const& stop) {
    if (!m_state)
        state(stop);
    auto const profiles = list_by_indexes(m_site, m_datasets, stop);
    for (std::size_t i = 0; i < m_datasets.size(); ++i)
        tell_profiles(m_datasets[i], profiles[i].ids, each, stop);
    for (std::size_t i = 0; i < m_datasets.size(); ++i)
        if (profiles[i].has_index)
            tell(m_datasets[i].index_path, each);
    for (auto const& of_dataset : profiles)
        for (auto const& path : of_dataset.shards)
            tell(path, each);
    for (auto const& path : m_singles)
        if (is_dotted(path) ? is_shown(path, stop) : is_there(path, stop))
            tell(path, each);
    each(std::string{metadata::path}, 0);
    return true;
}

void http_source::tell_profiles(dataset const& d, std::vector<std::int64_t> const& ids, on_file const& each,
                                std::stop_token const& stop) {
    entity_path const layout{d.path};
    std::vector<std::string> some;
    auto const at_once = most_ahead / (1 + twins().count());
    for (std::size_t i = 0; i < ids.size(); i += at_once) {
        some.clear();
        for (auto at = i; at < std::min(ids.size(), i + at_once); ++at)
            add_with_twins(layout.of(ids[at]), some);
        std::vector<std::string> needed;
        std::ranges::copy_if(some, std::back_inserter(needed),
                             [this](std::string const& path) { return !m_needed || m_needed(path); });
        get_ahead(needed, stop);
        for (auto const& path : some)
            each(path, 0);
    }
    m_ahead.clear(); // later it is asked for anew
}

bool http_source::moved_since(std::uint64_t generation, std::stop_token const& stop) {
    auto const now = state(stop);
    auto const text = m_site.get(std::string{metadata::path}, metadata::longest, stop);
    auto const live = text ? metadata::parse(*text) : std::nullopt;
    return now->generation != generation || (live && (live->generation > generation || live->publishing != 0));
}

// A generation that is being published may have replaced the file already, before any other file tells of it.
void http_source::judge(listed_file const& expected, std::stop_token const& stop) {
    auto const generation = m_state ? m_state->generation : 0;
    for (auto const end = clock::now() + patience_with_publication;; pause(stop, look_again)) {
        if (moved_since(generation, stop))
            return;
        answer_spool answer;
        sha256 digest;
        bool const found = m_site.download(expected.path, longest(expected.path), answer, stop);
        answer.give([&](std::string_view piece) { digest.add(piece); }, stop);
        auto const got = digest.finish();
        if (found && answer.size() == expected.size && got == expected.sha256)
            return;
        if (clock::now() > end)
            throw source_error{found ? "differs" : "missing",
                               "GET " + m_site.shown(expected.path) + ": not what the change lists up to generation " +
                                   std::to_string(generation) + " name: expected " +
                                   told(expected.size, expected.sha256) + ", got " +
                                   (found ? told(answer.size(), got) : "none (404)"),
                               "its publisher must mend the tree (osm-notes-exportd verify, once --full, there); or a "
                               "cache in between gives an old file, or a proxy another one"};
    }
}

} // namespace notes_export::mirror
