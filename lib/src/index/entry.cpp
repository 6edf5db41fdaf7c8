#include "index/entry.hpp"

#include "document/json_value.hpp"
#include "document/profile_members.hpp"

namespace notes_export {

std::optional<std::string> entry_from_profile(std::string_view profile, dataset const& d) {
    auto const values = profile_members(profile, d.index_columns);
    if (!values)
        return std::nullopt;
    std::string entry = "{";
    for (std::size_t i = 0; i < values->size(); ++i) {
        entry += i == 0 ? "" : ",";
        append_json_string(entry, d.index_columns[i]);
        entry += ':' + (*values)[i];
    }
    return entry + '}';
}

} // namespace notes_export
