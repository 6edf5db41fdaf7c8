#include "cycle/use_shrink_allowance.hpp"

#include "cycle/shrink_allowance.hpp"
#include "publish/shrink_file.hpp"

#include <algorithm>

namespace notes_export {

namespace {

used_shrink_allowances used_before(cycle_context const& c) {
    return used_shrink_allowances::parse(c.tree().notes.used_shrinks().value_or(""));
}

} // namespace

bool use_shrink_allowance(cycle_context& c, situation const& seen) {
    auto const now = microseconds(c.report.started);
    auto used = used_before(c);
    shrink_allowances const given{shrink_file::read(c.tree().files), seen.log.newest_shrink()};
    if (!is_shrink_allowed(given, used, seen.live ? seen.live->generation : 0, now))
        return false;
    if (c.only_looks() || used.generation == seen.next_generation())
        return true;
    used = {{std::max(given.by_file, used.used.by_file), std::max(given.in_database, used.used.in_database)},
            seen.next_generation(),
            now};
    c.tree().notes.remember_used_shrinks(used.text());
    return true;
}

// After a batch of a cycle that was cut short, nobody knows which profiles were there before it.
bool is_rest_of_shrink(cycle_context const& c, situation const& seen, dataset const& d, std::size_t staying) {
    auto const used = used_before(c);
    return seen.live && !seen.unfinished() && used.generation > 0 && used.generation == seen.live->generation &&
           is_in_force(used.when, microseconds(c.report.started)) && seen.live->total(d.name) <= staying;
}

std::vector<std::int64_t> spent_shrink_lines(cycle_context const& c, situation const& seen) {
    return seen.log.shrinks.empty() ? std::vector<std::int64_t>{}
                                    : seen.log.spent_shrinks(used_before(c).used.in_database);
}

void forget_spent_shrink_file(cycle_context const& c) {
    auto const given = shrink_file::read(c.tree().files);
    if (given == 0 || (given > used_before(c).used.by_file && is_in_force(given, microseconds(c.report.started))))
        return;
    c.tree().notes.forget_shrink_file();
}

} // namespace notes_export
