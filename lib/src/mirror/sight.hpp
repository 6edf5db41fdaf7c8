#pragma once

#include "mirror/follower.hpp"
#include "mirror/target.hpp"
#include "notes_export/feed.hpp"

#include <optional>

namespace notes_export::mirror {

/// What was seen of tree and target when they were last looked at.
class sight {
public:
    using time_point = follower::clock::time_point;

    void saw_tree(std::optional<feed_state> state);
    void saw_target(cursor where, time_point now);
    /// A step brought the target there.
    void reached(cursor where);
    /// Who knows what is there now.
    void doubt_target() noexcept { m_next_look = {}; }
    /// Is it time to look at the target?
    bool must_look_at_target(time_point now) const noexcept { return m_at.tree != m_at.target || now >= m_next_look; }

    std::optional<feed_state> const& tree() const noexcept { return m_tree; } ///< nullopt: nothing is published
    cursor const& target() const noexcept { return m_target; }
    /// Which generations that are. One of another past counts as none.
    follower::position const& at() const noexcept { return m_at; }
    bool is_behind() const noexcept { return m_at.tree && *m_at.tree != m_at.target; }
    /// That nothing is published yet is waited for; that a feed went away must be seen. Throws source_error "no_feed".
    void require_feed() const;

private:
    void compare();

    std::optional<feed_state> m_tree;
    cursor m_target;
    follower::position m_at;
    time_point m_next_look; ///< at the target, at the latest; at once, first
};

} // namespace notes_export::mirror
