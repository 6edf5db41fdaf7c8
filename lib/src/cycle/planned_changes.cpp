#include "cycle/planned_changes.hpp"

#include "feed/lists.hpp"
#include "feed/paths.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace notes_export {

namespace {

using teller = std::function<void(std::string_view path, bool removed)>;

// Private ones are nobody's concern.
void tell_lists(cycle_context const& c, std::uint64_t generation, teller const& planned) {
    auto const& wanted = c.config().feed;
    if (!wanted.publish || wanted.retention.count() == 0)
        return;
    feed::lists const ours{c.tree().files, feed::public_directory};
    planned(ours.path_of(generation), false);
    planned(ours.state_path(), false);
    auto const state = ours.state();
    auto const kept = state ? ours.oldest_kept(state->oldest, generation, wanted.retention) : generation;
    for (auto old = state ? state->oldest : generation; old < kept; ++old)
        if (c.tree().files.exists(ours.path_of(old)))
            planned(ours.path_of(old), true);
}

} // namespace

void tell_planned(cycle_context& c, publication_end const* end) {
    if (end == nullptr)
        return;
    if (auto const& planned = c.parts.observer.planned) {
        for (auto const& f : end->files)
            planned(f.target, false);
        if (end->new_version)
            planned(c.config().version_file.native(), false);
        planned(end->metadata.target, false);
        for (auto const& path : end->removals)
            planned(path, true);
        tell_lists(c, end->says.generation, planned);
    }
    c.report.files_written += end->files.size() + 1;
    c.report.files_removed = end->removals.size();
}

} // namespace notes_export
