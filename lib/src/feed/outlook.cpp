#include "feed/outlook.hpp"

#include <algorithm>

namespace notes_export::feed {

namespace {

std::string number(std::uint64_t generation) {
    return "generation " + std::to_string(generation);
}

std::string without_list(outlook_facts const& f) {
    return f.state ? "metadata.json is of " + number(*f.live) + ", the feed ends at " + number(f.state->generation) +
                         ": the tree was restored or replaced"
                   : "nothing was listed up to " + number(*f.live) + ": the feed begins";
}

/// "" when the next list can be complete.
std::string reason_for(outlook_facts const& f) {
    if (!f.live)
        return f.tree_is_empty ? "first export" : "metadata.json was removed or damaged";
    if (*f.live == 0)
        return "the tree was taken over: it was not written by this program";
    if (f.recorded > *f.live)
        return "metadata.json is of " + number(*f.live) + ", the database knows " + number(f.recorded) +
               ": the tree was restored or replaced";
    if (!f.state && f.elsewhere)
        return "the feed was moved: [feed] publish was changed";
    if (f.list == outlook_facts::list_of_live::none)
        return without_list(f);
    if (f.list == outlook_facts::list_of_live::differs)
        return "metadata.json is not the one of " + number(*f.live) + " any more: the tree was replaced or repaired";
    if (f.newest_elsewhere > *f.live)
        return "metadata.json is of " + number(*f.live) + ", but newer ones are listed: the tree was restored";
    bool const agree =
        f.state ? f.state->generation == *f.live || f.state->generation + 1 == *f.live : f.newest_list <= *f.live;
    if (!agree)
        return "metadata.json is of " + number(*f.live) + ", but newer ones are listed: the tree was restored";
    if (f.ahead_lost)
        return "the write-ahead list was removed";
    return f.less_is_exported ? "less is exported than before: the configuration was changed" : "";
}

} // namespace

outlook look_out(outlook_facts const& f) {
    outlook found;
    found.reason = reason_for(f);
    found.complete = found.reason.empty();
    found.newest = std::max({f.live.value_or(0), f.recorded, f.state ? f.state->generation : 0, f.newest_elsewhere});
    if (!found.complete)
        found.newest = std::max(found.newest, f.newest_list);
    found.state_owed = found.complete && (!f.state || f.state->generation != *f.live);
    return found;
}

} // namespace notes_export::feed
