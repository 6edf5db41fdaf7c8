#include "settings/mirror_keys.hpp"

#include "settings/masked.hpp"
#include "settings/nearest_name.hpp"
#include "settings/shown_value.hpp"
#include "settings/values.hpp"

#include <notes_export/git_names.hpp>
#include <notes_export/s3_names.hpp>
#include <notes_export/utf8.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace exportd {

namespace {

using namespace std::chrono_literals;
using kinds = std::vector<mirror_kind>;

constexpr std::size_t longest_mirror_name = 32;
constexpr std::size_t longest_text = 4096;
constexpr int most_connections = 64;
constexpr int most_days = 3650;

constexpr std::array all_kinds{mirror_kind::directory, mirror_kind::git, mirror_kind::s3};

/// "directory, git, s3", with other words before the last.
std::string every_kind(std::string_view before_last) {
    std::string all;
    for (auto const kind : all_kinds) {
        if (!all.empty())
            all += kind == all_kinds.back() ? before_last : ", ";
        all += to_string(kind);
    }
    return all;
}

mirror_kind parse_kind(std::string_view text) {
    for (auto const kind : all_kinds)
        if (text == to_string(kind))
            return kind;
    throw bad_value{in_quotes(text) + " is not one of " + every_kind(", ")};
}

/// One of two words: is it the second?
value_parser<bool> second_of(std::string_view first, std::string_view second) {
    return [first, second](std::string_view text) {
        if (text != first && text != second)
            throw bad_value{in_quotes(text) + " is not one of " + std::string{first} + ", " + std::string{second}};
        return text == second;
    };
}

// A line break in a header or a commit would be another one.
std::string plain_text(std::string_view text) {
    if (text.size() > longest_text)
        throw bad_value{"it is too long"};
    return std::string{text};
}

std::string parse_url(std::string_view text) {
    if (text.empty() || text.front() == '-')
        throw bad_value{"it must not be empty, nor begin with '-'"};
    return plain_text(text);
}

std::string parse_web_address(std::string_view text) {
    bool const known = text.starts_with("http://") || text.starts_with("https://");
    if (!text.empty() && (!known || text.ends_with("//") || text.find_first_of(" \t\"<>") != std::string_view::npos))
        throw bad_value{"it is no address that begins with http:// or https://"};
    return plain_text(text);
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string parse_branch(std::string_view text) {
    if (text.starts_with("refs/"))
        throw bad_value{in_quotes(text) + " is more than the name of a branch (write main, not refs/heads/main)"};
    if (!notes_export::unusable_git_branch(text).empty())
        throw bad_value{in_quotes(text) + " cannot be the name of a branch"};
    return plain_text(text);
}

/// Is it, to git on any file system, the directory of a repository?
bool is_git_directory(std::string part) {
    std::transform(part.begin(), part.end(), part.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    part.erase(std::min(part.size(), part.find_first_of(":\\")));
    part.erase(part.find_last_not_of(" .") + 1);
    return part == ".git" || part == "git~1";
}

/// Relative, without a way out; "" is the top.
std::string parse_place(std::string_view text) {
    std::filesystem::path const path{text};
    auto const inside = [](std::filesystem::path const& part) {
        return part != ".." && part != "." && !is_git_directory(part.string());
    };
    if (notes_export::has_control_character(text) || path.is_absolute() || text.ends_with('/') ||
        text.find("//") != std::string_view::npos || !std::all_of(path.begin(), path.end(), inside))
        throw bad_value{in_quotes(text) + " is no relative path inside the branch (write data, or a/b)"};
    return plain_text(text);
}

/// Of two places on a branch: what the one has below the other; nullopt: it is not below it.
std::optional<std::string_view> below(std::string_view place, std::string_view directory) {
    if (directory.empty() || place == directory)
        return place.substr(directory.size());
    bool const inside = place.starts_with(directory) && place[directory.size()] == '/';
    return inside ? std::optional{place.substr(directory.size() + 1)} : std::nullopt;
}

/// Can a file of the one be where the other has a directory? All files of the tree and all schemas have .json in their
/// names, and no folder needs that.
bool places_clash(std::string_view directory, std::string_view schemas) {
    if (schemas.empty())
        return false;
    auto const in_tree = below(schemas, directory);
    auto const in_schemas = below(directory, schemas);
    return (in_tree && has(*in_tree, ".json")) || (in_schemas && has(*in_schemas, ".json"));
}

std::string parse_author(std::string_view text) {
    if (!notes_export::unusable_git_author(text).empty())
        throw bad_value{in_quotes(text) + " is not written as Name <mail>"};
    return plain_text(text);
}

std::string parse_region(std::string_view text) {
    if (auto const why = notes_export::unusable_s3_region(text); !why.empty())
        throw bad_value{why};
    return plain_text(text);
}

std::chrono::hours parse_history(std::string_view text) {
    if (text == "keep")
        return std::chrono::hours{0};
    int days = 0;
    auto const* const end = text.data() + text.size();
    auto const [at, error] = std::from_chars(text.data(), end, days);
    if (error != std::errc{} || end - at != 1 || *at != 'd' || days < 1 || days > most_days)
        throw bad_value{in_quotes(text) + " is neither keep nor a number of days (write keep, or 90d)"};
    return std::chrono::hours{24} * days;
}

template <class T, class Parser>
mirror_key row(std::string_view name, std::string_view default_text, std::string_view help, kinds of,
               T mirror_settings::*member, Parser parse) {
    return {name,
            default_text,
            help,
            std::move(of),
            [member, parse](mirror_settings& s, std::string_view text) { s.*member = parse(text); },
            [member](mirror_settings const& s) { return shown(s.*member); }};
}

/// A member that is not shown as it is.
mirror_key with_show(mirror_key made, std::function<std::string(mirror_settings const&)> show) {
    made.show = std::move(show);
    return made;
}
mirror_key with_masked_url(mirror_key made, std::string mirror_settings::*member) {
    return with_show(std::move(made), [member](mirror_settings const& s) { return masked_url(s.*member); });
}

void add_for_all(std::vector<mirror_key>& to) {
    using s = mirror_settings;
    static std::string const all_words = every_kind(" or ");
    to.push_back({"kind",
                  "",
                  all_words,
                  {},
                  [](s& m, std::string_view text) { m.kind = parse_kind(text); },
                  [](s const& m) { return std::string{to_string(m.kind)}; }});
    to.push_back(with_masked_url(row("url", "", "where the copy is", {}, &s::url, parse_url), &s::url));
    to.push_back(
        row("min_interval", "10s", "at most one step in this time", {}, &s::min_interval, duration_between(0ms, 24h)));
    to.push_back(row("purge_command", "", "shell command that gets the changed paths (empty: none)", {},
                     &s::purge_command, plain_text));
    to.push_back(with_masked_url(row("purge_url", "", "HTTP PURGE of what changed below this address (empty: none)", {},
                                     &s::purge_url, parse_web_address),
                                 &s::purge_url));
}

void add_for_directory(std::vector<mirror_key>& to) {
    using s = mirror_settings;
    to.push_back(with_masked_url(row("from", "", "address of the published tree to copy (empty: our own)",
                                     {mirror_kind::directory}, &s::from, parse_web_address),
                                 &s::from));
    to.push_back(row("poll_interval", "60s", "how often to look at `from` for news", {mirror_kind::directory},
                     &s::poll_interval, duration_between(1s, 24h)));
}

void add_for_git(std::vector<mirror_key>& to) {
    using s = mirror_settings;
    kinds const git{mirror_kind::git};
    to.push_back(row("branch", "main", "branch to push to", git, &s::branch, parse_branch));
    to.push_back(
        row("directory", "data", "the tree's place on the branch (empty: its top)", git, &s::directory, parse_place));
    to.push_back(
        row("author", "osm-notes-exportd <osm-notes-exportd@localhost>", "of commits", git, &s::author, parse_author));
    to.push_back({"history", "keep", "keep, or begin anew when it is older: 90d", git,
                  [](s& m, std::string_view text) { m.history = parse_history(text); },
                  [](s const& m) { return m.history == 0h ? "keep" : std::to_string(m.history / 24h) + 'd'; }});
    to.push_back(row("schemas", "schemas", "place of the JSON Schemas on the branch (empty: none)", git, &s::schemas,
                     parse_place));
}

void add_for_s3(std::vector<mirror_key>& to) {
    using s = mirror_settings;
    kinds const s3{mirror_kind::s3};
    to.push_back(with_show(row("style", "path", "path or host: where the bucket's name is", s3, &s::path_style,
                               [](std::string_view text) { return !second_of("path", "host")(text); }),
                           [](s const& m) { return std::string{m.path_style ? "path" : "host"}; }));
    to.push_back(row("region", "us-east-1", "region of the bucket", s3, &s::region, parse_region));
    to.push_back(row("access_key_file", "", "file with the access key", s3, &s::access_key_file, parse_optional_path));
    to.push_back(row("secret_key_file", "", "file with the secret key", s3, &s::secret_key_file, parse_optional_path));
    to.push_back(row("session_token_file", "", "file with the session token (empty: none)", s3, &s::session_token_file,
                     parse_optional_path));
    to.push_back(row("cache_control", "max-age=300", "header Cache-Control of the objects (empty: none)", s3,
                     &s::cache_control, plain_text));
    to.push_back(with_show(row("compress", "none", "none or gzip", s3, &s::gzip, second_of("none", "gzip")),
                           [](s const& m) { return std::string{m.gzip ? "gzip" : "none"}; }));
    to.push_back(
        row("connections", "16", "at a time, 1 to 64", s3, &s::connections, integer_between(1, most_connections)));
}

mirror_key const* find_key(std::string_view name) {
    auto const all = mirror_keys();
    auto const found = std::find_if(all.begin(), all.end(), [&](mirror_key const& k) { return k.name == name; });
    return found == all.end() ? nullptr : &*found;
}

std::string near_key(std::string_view name) {
    std::vector<std::string_view> names;
    for (auto const& key : mirror_keys())
        names.push_back(key.name);
    return suggestion(name, names);
}

/// Reads what was said of one mirror, kind first.
class mirror_reader {
public:
    mirror_reader(section_texts const& texts, std::vector<mistake>& mistakes)
        : m_texts{&texts}, m_mistakes{&mistakes} {}

    mirror_settings read() {
        m_result.name = m_texts->name;
        for (auto const& key : mirror_keys())
            if (!key.default_text.empty())
                key.assign(m_result, key.default_text);
        auto const* const kind = last("kind");
        if (kind == nullptr)
            wrong({m_texts->where,
                   "[mirror " + m_texts->name + "] has no kind (write kind = " + every_kind(" or ") + ')'});
        bool const known = kind != nullptr && assign(*kind, *find_key("kind"));
        for (auto const& entry : m_texts->entries)
            if (entry.key != "kind" && last(entry.key) == &entry)
                take(entry, known);
        if (last("url") == nullptr)
            wrong({m_texts->where, "[mirror " + m_texts->name + "] has no url"});
        else if (known && m_result.kind == mirror_kind::directory)
            check_directory(*last("url"));
        if (known && m_result.kind == mirror_kind::s3)
            check_s3();
        if (known && m_result.kind == mirror_kind::git)
            check_git();
        return m_result;
    }

private:
    section_texts::entry const* last(std::string_view key) const { return m_texts->last(key); }

    void take(section_texts::entry const& entry, bool kind_is_known) {
        auto const* const key = find_key(entry.key);
        if (key == nullptr)
            wrong({entry.where, entry.prefix + "unknown key" + near_key(entry.key)});
        else if (kind_is_known && !key->belongs_to(m_result.kind))
            wrong({entry.where, entry.prefix + "does not belong to kind = " + std::string{to_string(m_result.kind)}});
        else
            assign(entry, *key);
    }

    bool assign(section_texts::entry const& entry, mirror_key const& key) {
        try {
            key.assign(m_result, entry.value);
            return true;
        } catch (bad_value const& error) {
            wrong({entry.where, entry.prefix + error.what()});
            return false;
        }
    }

    void check_directory(section_texts::entry const& url) {
        try {
            m_result.url = parse_absolute_path(m_result.url).string();
        } catch (bad_value const&) { // it shows the text, which may be a URL with a password
            wrong({url.where, url.prefix + "it is no absolute path (write /mnt/copy)"});
        }
    }

    // Without the text, which may be a URL with a password.
    void check_git() {
        auto const* const url = last("url");
        if (url != nullptr && !m_result.url.empty())
            if (auto const why = notes_export::unusable_git_url(m_result.url); !why.empty())
                wrong({url->where, url->prefix + why});
        if (!places_clash(m_result.directory, m_result.schemas))
            return;
        auto const* const entry = last("schemas") != nullptr ? last("schemas") : last("directory");
        wrong({entry->where, "[mirror " + m_texts->name + "] schemas = " + m_result.schemas + " and directory = " +
                                 m_result.directory + " are in each other's way (write schemas, or another folder)"});
    }

    void check_s3() {
        auto const* const url = last("url");
        if (url != nullptr && !m_result.url.empty())
            if (auto const why = notes_export::unusable_s3_url(m_result.url); !why.empty())
                wrong({url->where, url->prefix + why});
        for (auto const* const name : {"access_key_file", "secret_key_file"})
            if (last(name) == nullptr)
                wrong({m_texts->where, "[mirror " + m_texts->name + "] has no " + name});
    }

    void wrong(mistake what) { m_mistakes->push_back(std::move(what)); }

    section_texts const* m_texts;
    std::vector<mistake>* m_mistakes;
    mirror_settings m_result;
};

} // namespace

bool mirror_key::belongs_to(mirror_kind kind) const {
    return kinds.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

std::span<mirror_key const> mirror_keys() {
    static std::vector<mirror_key> const table = [] {
        std::vector<mirror_key> all;
        add_for_all(all);
        add_for_directory(all);
        add_for_git(all);
        add_for_s3(all);
        return all;
    }();
    return table;
}

bool is_mirror_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_mirror_name && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

mirror_settings read_mirror(section_texts const& texts, std::vector<mistake>& mistakes) {
    return mirror_reader{texts, mistakes}.read();
}

} // namespace exportd
