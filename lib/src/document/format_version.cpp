#include "document/format_version.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

namespace notes_export {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    auto const begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

std::set<std::string_view> lines(std::string_view text) {
    std::set<std::string_view> found;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        if (end > 0)
            found.insert(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

} // namespace

std::string format_version::text() const {
    return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
}

std::optional<format_version> format_version::parse(std::string_view text) {
    text = trimmed(text);
    format_version v;
    auto const* at = text.data();
    auto const* const end = at + text.size();
    for (int* const part : {&v.major, &v.minor, &v.patch}) {
        if (part != &v.major && (at == end || *at++ != '.'))
            return std::nullopt;
        if (at == end || *at < '0' || *at > '9') // from_chars would take a sign
            return std::nullopt;
        auto const [next, ec] = std::from_chars(at, end, *part);
        if (ec != std::errc{})
            return std::nullopt;
        at = next;
    }
    return at == end ? std::optional{v} : std::nullopt;
}

format_version raised(format_version v, std::optional<std::string_view> before, std::string_view after) {
    if (!before)
        return {v.major + 1, 0, 0};
    auto const old_lines = lines(*before);
    auto const new_lines = lines(after);
    // A retyped column is a line that went and a line that came.
    if (!std::ranges::includes(new_lines, old_lines))
        return {v.major + 1, 0, 0};
    if (new_lines.size() > old_lines.size())
        return {v.major, v.minor + 1, 0};
    return {v.major, v.minor, v.patch + 1};
}

} // namespace notes_export
