#include "mirror/sight.hpp"

#include "mirror/error.hpp"
#include "mirror/waiting_changes.hpp"

#include <utility>

namespace notes_export::mirror {

namespace {

// Asking it may take the network; that others change it is rare.
constexpr std::chrono::minutes between_looks_at_target{10};

} // namespace

void sight::saw_tree(std::optional<feed_state> state) {
    m_tree = std::move(state);
    compare();
}

void sight::saw_target(cursor where, time_point now) {
    m_next_look = now + between_looks_at_target;
    reached(std::move(where));
}

void sight::reached(cursor where) {
    m_target = std::move(where);
    compare();
}

void sight::compare() {
    m_at.tree = m_tree ? std::optional{m_tree->generation} : std::nullopt;
    m_at.target = m_tree && has_another_past(m_target, *m_tree) ? 0 : m_target.generation;
}

void sight::require_feed() const {
    if (!m_tree && m_target.generation != 0)
        throw source_error{"no_feed", "the tree has no change feed any more, so that nothing tells what changed in it",
                           "let its exporter write one: [feed] retention of more than 0"};
}

} // namespace notes_export::mirror
