#include "mirror/told_state.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace notes_export::mirror {

namespace {

std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

} // namespace

told_state::told_state(std::filesystem::path tree, mirror_state first, mirror_observer const& observer)
    : m_recovered{observer.recovered},
      m_keeper{std::move(tree), std::move(first), {.alive = observer.alive, .silent = observer.silent}} {}

void told_state::looked(sight const& seen) {
    tell(seen);
    if (seen.at().tree && !seen.is_behind())
        forget_failure();
}

void told_state::stepped(sight const& seen) {
    m_keeper.change([](mirror_state& s) { ++s.steps; });
    forget_failure();
    tell(seen);
}

void told_state::failed(mirror_failure const& e) {
    m_keeper.change([&](mirror_state& s) {
        ++s.errors;
        s.error = e.what();
        s.error_kind = e.kind();
        s.error_since = s.error_since == 0 ? unix_seconds() : s.error_since;
    });
}

void told_state::ended() {
    m_keeper.change([](mirror_state& s) { s.ended = unix_seconds(); });
}

void told_state::tell(sight const& seen) {
    auto const said = now();
    auto const& at = seen.at();
    bool const behind = seen.is_behind();
    bool const same = said.generation == at.target && said.tree_generation == at.tree.value_or(0) &&
                      (said.behind_since != 0) == behind;
    if (same)
        return;
    m_keeper.change([&](mirror_state& s) {
        if (s.generation != at.target)
            s.generation_time = unix_seconds();
        s.generation = at.target;
        s.tree_generation = at.tree.value_or(0);
        s.behind_since = !behind ? 0 : s.behind_since == 0 ? unix_seconds() : s.behind_since;
    });
}

void told_state::forget_failure() {
    auto const since = now().error_since;
    if (since == 0)
        return;
    m_keeper.change([](mirror_state& s) {
        s.error.clear();
        s.error_kind.clear();
        s.error_since = 0;
    });
    if (m_recovered)
        m_recovered(std::chrono::seconds{std::max<std::int64_t>(0, unix_seconds() - since)});
}

} // namespace notes_export::mirror
