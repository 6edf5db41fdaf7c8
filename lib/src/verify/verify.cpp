#include "notes_export/verify.hpp"

#include "verify/findings.hpp"
#include "verify/index.hpp"
#include "verify/profiles.hpp"
#include "verify/sides.hpp"
#include "verify/whole_files.hpp"

#include <utility>
#include <vector>

namespace notes_export {

verify_report verify(export_config const& config, std::stop_token stop) {
    findings found;
    sides s{config, std::move(stop)};
    std::vector<std::pair<dataset const*, compared_profiles>> profiles;
    for (auto const& d : s.config.datasets) {
        auto const& compared = profiles.emplace_back(&d, compare_profiles(s, d, found)).second;
        compare_index(s, d, compared.special, found);
    }
    compare_documents(s, s.config.documents, found);
    compare_metadata(s, profiles, found);
    for (auto& text : s.database.take_warnings())
        found.warn(std::move(text));
    return found.take();
}

} // namespace notes_export
