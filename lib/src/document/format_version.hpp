#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

/// MAJOR.MINOR.PATCH of the data format, as in .json_export_version.
struct format_version {
    int major = 1;
    int minor = 0;
    int patch = 0;

    std::string text() const;
    /// nullopt unless the text is exactly three numbers, white space around them aside.
    static std::optional<format_version> parse(std::string_view text);
    bool operator==(format_version const&) const = default;
};

/**
 * The version after the datamart columns changed.
 *
 * `before` and `after` are lines "table.column:type". Removed or retyped column: major. Added: minor. Only moved:
 * patch. Unknown `before` (nullopt): major, because something may have gone that readers rely on.
 */
format_version raised(format_version v, std::optional<std::string_view> before, std::string_view after);

} // namespace notes_export
