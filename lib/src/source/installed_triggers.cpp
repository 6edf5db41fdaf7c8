#include "source/installed_triggers.hpp"

namespace notes_export {

namespace {

constexpr char always = 'A';
constexpr char normally = 'O';
constexpr char when_replicating = 'R';

// A statement trigger is the cheap one for sessions; only row triggers fire for replicated changes and through
// partitions.
void add_pair(triggers_by_name& wanted, std::string const& name, bool by_row) {
    wanted.emplace(name, by_row ? always : normally);
    if (!by_row)
        wanted.emplace(name + "_row", when_replicating);
}

triggers_by_name wanted_triggers(watched_as as, char kind, bool partition) {
    triggers_by_name wanted;
    bool const by_row = kind == 'p' || partition;
    if (as == watched_as::dataset) {
        for (auto const* const name : {"changed", "marked", "inserted", "renumbered"})
            wanted.emplace(std::string{"json_export_"} + name, always);
        add_pair(wanted, "json_export_deleted", by_row);
    } else {
        std::string const prefix = as == watched_as::dimension ? "json_export_dimension_" : "json_export_names_";
        for (auto const* const name : {"inserted", "updated", "deleted"})
            add_pair(wanted, prefix + name, by_row);
    }
    std::string const truncated = as == watched_as::dataset     ? "json_export_truncated"
                                  : as == watched_as::dimension ? "json_export_dimension_truncated"
                                                                : "json_export_names_truncated";
    if (!partition) // the storage of a partition tells of its truncation
        wanted.emplace(truncated, always);
    return wanted;
}

} // namespace

std::vector<std::string> missing_triggers(watched_as as, char kind, bool partition, triggers_by_name const& found) {
    std::vector<std::string> missing;
    for (auto const& [name, enabled] : wanted_triggers(as, kind, partition)) {
        auto const there = found.find(name);
        if (there == found.end())
            missing.push_back(name);
        else if (there->second == 'D')
            missing.push_back(name + " (disabled)");
        else if (there->second != enabled)
            missing.push_back(name + " (does not fire for replicated changes as it should)");
    }
    return missing;
}

} // namespace notes_export
