#include "notes_export/verify.hpp"

#include "verify/findings.hpp"
#include "verify/index.hpp"
#include "verify/profiles.hpp"
#include "verify/sides.hpp"
#include "verify/twins.hpp"
#include "verify/whole_files.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace notes_export {

namespace {

// What the tree says of itself, which the database need not be asked for.
std::uint64_t published_rows(sides const& s) {
    std::uint64_t rows = 0;
    for (auto const& d : s.config.datasets)
        rows += s.published_profiles(d);
    return rows;
}

} // namespace

verify_report verify(export_config const& config, std::stop_token stop, verify_observer const& observer) {
    findings found{observer.found};
    sides s{config, std::move(stop), observer.progress};
    s.progress.expect(published_rows(s));
    std::vector<std::pair<dataset const*, compared_profiles>> profiles;
    for (auto const& d : s.config.datasets) {
        s.progress.enter(phase::read);
        auto const& compared = profiles.emplace_back(&d, compare_profiles(s, d, found)).second;
        s.progress.enter(phase::index);
        compare_index(s, d, compared.special, found);
    }
    compare_documents(s, s.config.documents, found);
    compare_file_twins(s, found);
    compare_metadata(s, profiles, found);
    for (auto& text : s.database.take_warnings())
        found.warn(std::move(text));
    if (auto const read = s.database.take_read_place(); !read.error.empty())
        found.warn("read from the primary, not from the standby: " + read.error);
    return found.take();
}

} // namespace notes_export
