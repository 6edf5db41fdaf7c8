#include "cycle/planned_profiles.hpp"

#include "publish/twin_path.hpp"

namespace notes_export {

std::size_t planned_profiles::tell(profile_outcome const& outcome) {
    auto const path = m_plan->layout.of(outcome.row.id);
    tell_file(path);
    std::size_t twins = 0;
    for (auto const how : all_compressions)
        if (m_seen->twins.make.kinds.has(how)) {
            ++twins;
            tell_file(twin_path(path, how));
        }
    return twins;
}

void planned_profiles::tell_file(std::string const& path) {
    ++m_context->report.files_written;
    if (auto const& planned = m_context->parts.observer.planned)
        planned(path, false);
}

} // namespace notes_export
