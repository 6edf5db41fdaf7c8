#include "setup/changed_keys.hpp"

#include "settings/conninfo_parts.hpp"
#include "settings/values.hpp"

#include <optional>

namespace exportd {

namespace {

using lines = std::vector<std::string>;

lines split(std::string const& text) {
    lines all;
    for (std::size_t at = 0; at < text.size();) {
        auto const end = std::min(text.find('\n', at), text.size());
        all.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

std::string joined(lines const& all) {
    std::string text;
    for (auto const& line : all)
        text += line + '\n';
    return text;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    auto const first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// "key = value" or, in a comment, "#key = value".
bool sets(std::string_view line, std::string_view key, bool in_comment) {
    line = trimmed(line);
    if (in_comment) {
        if (!line.starts_with('#'))
            return false;
        line.remove_prefix(1);
    }
    auto const equals = line.find('=');
    return equals != std::string_view::npos && trimmed(line.substr(0, equals)) == key;
}

std::optional<std::string_view> section_begun_by(std::string_view line) {
    line = trimmed(line);
    if (!line.starts_with('[') || !line.ends_with(']'))
        return std::nullopt;
    return trimmed(line.substr(1, line.size() - 2));
}

/// Where the key may stand: its line, the comment with its default, the heading of its section.
struct places {
    std::optional<std::size_t> line, comment, heading;
};

places look_for(lines const& all, changed_key const& change) {
    places found;
    bool inside = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (auto const begun = section_begun_by(all[i])) {
            inside = *begun == change.section;
            if (inside && !found.heading)
                found.heading = i;
        } else if (inside && sets(all[i], change.key, false)) {
            found.line = i;
        } else if (inside && sets(all[i], change.key, true)) {
            found.comment = i;
        }
    }
    return found;
}

std::string database_of(std::string const& conninfo) {
    auto const parts = conninfo_parts(conninfo);
    auto const name = parts.find("dbname");
    return name == parts.end() ? "" : name->second;
}

} // namespace

std::vector<changed_key> changes_for(setup_request const& asked, settings const& now) {
    std::vector<changed_key> all;
    if (database_of(now.database.conninfo) != asked.database)
        all.push_back({"database", "conninfo", with_dbname(now.database.conninfo, asked.database),
                       "[database] conninfo: the database is " + in_quotes(asked.database)});
    if (now.output.directory != asked.directory)
        all.push_back(
            {"output", "directory", asked.directory.string(), "[output] directory = " + asked.directory.string()});
    if (asked.http && now.http.listen.off())
        all.push_back({"http", "listen", std::string{page_address}, "[http] listen = " + std::string{page_address}});
    return all;
}

std::string with_key(std::string const& text, changed_key const& change) {
    auto all = split(text);
    auto const found = look_for(all, change);
    auto const line = change.key + " = " + change.value;
    if (found.line)
        all[*found.line] = line;
    else if (auto const above = found.comment ? found.comment : found.heading)
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(*above) + 1, line);
    else
        all.insert(all.end(), {"", '[' + change.section + ']', line});
    return joined(all);
}

} // namespace exportd
