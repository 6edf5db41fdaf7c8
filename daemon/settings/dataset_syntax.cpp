#include "settings/dataset_syntax.hpp"

#include "settings/values.hpp"

#include <algorithm>
#include <cctype>

namespace exportd {

namespace {

constexpr std::size_t longest_name = 63; // NAMEDATALEN - 1: PostgreSQL cuts what is longer
constexpr std::size_t longest_place = 1024;
constexpr std::string_view shard_word = "{shard}";
constexpr std::string_view shard_directories = "{h1}/{h2}/{h3}";

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        auto const end = text.find(at);
        parts.push_back(trimmed(text.substr(0, end)));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

/// The text in two at the last blank; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> last_word(std::string_view text) {
    auto const blank = text.find_last_of(" \t");
    if (blank == std::string_view::npos)
        return {text, {}};
    return {trimmed(text.substr(0, blank)), text.substr(blank + 1)};
}

bool is_word(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

void refuse_repeated(std::vector<std::string> const& names) {
    for (auto at = names.begin(); at != names.end(); ++at)
        if (std::find(names.begin(), at, *at) != at)
            throw bad_value{in_quotes(*at) + " is named twice"};
}

notes_export::lookup parse_join(std::string_view text) {
    auto const how = bad_value{in_quotes(text) + " is no join (write TABLE on COLUMN = KEY_COLUMN : NAME, NAME)"};
    auto const colon = text.find(':');
    auto const on = text.find(" on ");
    auto const equals = text.find('=', std::min(on, text.size()));
    if (colon == std::string_view::npos || on == std::string_view::npos || equals > colon)
        throw how;
    notes_export::lookup join{.table = parse_name(trimmed(text.substr(0, on))),
                              .local_column = parse_name(trimmed(text.substr(on + 4, equals - on - 4))),
                              .key_column = parse_name(trimmed(text.substr(equals + 1, colon - equals - 1))),
                              .columns = parse_names(trimmed(text.substr(colon + 1)))};
    if (join.columns.empty())
        throw how;
    return join;
}

bool is_plain_part(std::string_view part) {
    return !part.empty() && part.front() != '.' &&
           std::none_of(part.begin(), part.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '\\'; });
}

void refuse_twin(std::string_view path) {
    if (path.ends_with(".gz") || path.ends_with(".br"))
        throw bad_value{in_quotes(path) + " is the name of a compressed twin"};
}

// What begins with a dot is our private directory, or others' (.git); a twin is made of its file alone.
void refuse_place(std::string_view text) {
    if (text.size() > longest_place)
        throw bad_value{"is too long"};
    for (auto const part : split(text, '/')) {
        if (!is_plain_part(part))
            throw bad_value{in_quotes(text) + " is no path inside the output directory (relative, no part empty or "
                                              "beginning with a dot)"};
        refuse_twin(part); // a directory would be in the way of one
    }
    refuse_reserved(text);
}

} // namespace

bool is_below(std::string_view path, std::string_view directory) {
    return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

void refuse_reserved(std::string_view path) {
    if (path.starts_with("changes/"))
        throw bad_value{in_quotes(path) + " is where the change feed is"};
    for (auto const* const ours : {"metadata.json", "changes", ".exportd"})
        if (path == ours || is_below(path, ours))
            throw bad_value{in_quotes(path) + " is written by the program itself"};
    refuse_twin(path);
}

std::string parse_name(std::string_view text) {
    if (text.empty())
        throw bad_value{"is empty"};
    if (text.size() > longest_name)
        throw bad_value{in_quotes(text) + " is longer than " + std::to_string(longest_name) + " bytes"};
    return std::string{text};
}

std::string parse_optional_name(std::string_view text) {
    return text.empty() ? std::string{} : parse_name(text);
}

std::vector<std::string> parse_names(std::string_view text) {
    std::vector<std::string> names;
    if (!text.empty())
        for (auto const part : split(text, ','))
            names.push_back(parse_name(part));
    refuse_repeated(names);
    return names;
}

std::string names_text(std::vector<std::string> const& names) {
    std::string text;
    for (auto const& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

order parse_order(std::string_view text) {
    order found;
    if (text.empty())
        return found;
    for (auto const part : split(text, ',')) {
        auto const [column, word] = last_word(part);
        bool const falls = is_word(word, "desc");
        auto const name = parse_name(falls || is_word(word, "asc") ? column : part);
        found.columns.push_back(name);
        if (!falls)
            found.ascending.push_back(name);
    }
    refuse_repeated(found.columns);
    return found;
}

std::string order_text(notes_export::dataset const& d) {
    std::string text;
    for (auto const& column : d.index_order)
        text += (text.empty() ? "" : ", ") + column + (d.is_ascending(column) ? " ASC" : " DESC");
    return text;
}

std::vector<notes_export::lookup> parse_joins(std::string_view text) {
    std::vector<notes_export::lookup> joins;
    if (!text.empty())
        for (auto const part : split(text, ';'))
            joins.push_back(parse_join(part));
    return joins;
}

std::string joins_text(std::vector<notes_export::lookup> const& joins) {
    std::string text;
    for (auto const& j : joins)
        text += (text.empty() ? "" : "; ") + j.table + " on " + j.local_column + " = " + j.key_column + " : " +
                names_text(j.columns);
    return text;
}

std::string parse_template(std::string_view text) {
    refuse_place(text);
    std::string path{text};
    if (path.find("{h") != std::string::npos)
        throw bad_value{in_quotes(text) + " cannot be used: of braces there are {id} and {shard}"};
    if (auto const at = path.find(shard_word); at != std::string::npos)
        path.replace(at, shard_word.size(), shard_directories);
    if (auto const reason = notes_export::entity_path::refuse(path); !reason.empty())
        throw bad_value{in_quotes(text) + " cannot be used: " + reason +
                        " (write hashtags/{id}.json, or for many files hashtags/{shard}/{id}.json)"};
    return path;
}

std::string template_text(std::string path_template) {
    if (auto const at = path_template.find(shard_directories); at != std::string::npos)
        path_template.replace(at, shard_directories.size(), shard_word);
    return path_template;
}

std::string parse_place(std::string_view text) {
    refuse_place(text);
    if (text.find_first_of("{}") != std::string_view::npos)
        throw bad_value{in_quotes(text) + " is one file, so there is nothing to put in for braces"};
    return std::string{text};
}

std::string parse_optional_place(std::string_view text) {
    return text.empty() ? std::string{} : parse_place(text);
}

std::string parse_schema(std::string_view text) {
    if (!text.empty() && (!is_plain_part(text) || text.find('/') != std::string_view::npos))
        throw bad_value{in_quotes(text) + " is no name of a file in [export] schema_dir"};
    return std::string{text};
}

} // namespace exportd
