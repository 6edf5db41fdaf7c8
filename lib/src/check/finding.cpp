#include "check/examination.hpp"

#include "document/schema_files.hpp"
#include "schema/set.hpp"

#include <algorithm>

namespace notes_export {

std::string_view to_string(severity s) noexcept {
    switch (s) {
    case severity::ok:
        return "ok";
    case severity::warning:
        return "warning";
    case severity::error:
        break;
    }
    return "error";
}

severity worst_of(std::vector<finding> const& all) noexcept {
    auto const worst = std::ranges::max_element(all, {}, &finding::how);
    return worst == all.end() ? severity::ok : worst->how;
}

std::vector<finding> examine_schemas(export_config const& config) {
    examination found{"schemas"};
    for (auto const& text : schema_set::problems(schema_files(config)))
        found.fail(text, "[export] schema_dir must name the directory of the installed schemas");
    if (found.empty())
        found.ok(config.schema_dir.string());
    return std::move(found).take();
}

} // namespace notes_export
