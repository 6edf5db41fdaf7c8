#include "cycle/data_version.hpp"

#include "document/format_version.hpp"
#include "publish/version_file.hpp"

namespace notes_export {

data_version find_data_version(cycle_context& c, situation const& seen) {
    auto& held = c.tree();
    version_file const file{held.files, held.stage, c.config().version_file};
    auto const text = file.read();
    auto const published = format_version::parse(seen.live ? seen.live->version : "").value_or(format_version{}).text();
    if (!text)
        return {published, published};
    auto const current = format_version::parse(*text);
    if (!current) {
        c.warn(file.full().string() + ": \"" + text->substr(0, 40) + "\" is not a version such as 1.2.0; \"" +
               published + "\" is used until it is mended");
        return {published, std::nullopt};
    }
    bool const changed = seen.live && seen.live->data_schema_hash != seen.columns.schema_hash();
    if (!changed || current->text() != published)
        return {current->text(), std::nullopt};
    auto const before = held.notes.columns_of(seen.live->data_schema_hash);
    auto const next = raised(*current, before, seen.columns.column_lines()).text();
    return {next, next};
}

} // namespace notes_export
