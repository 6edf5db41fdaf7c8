#pragma once

#include "notes_export/feed.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace notes_export::feed {

/// The bytes of state.json.
std::string state_text(feed_state const& state);

/**
 * The bytes of a change list, piece by piece, so that it may be longer than memory.
 *
 * Order   the removed paths, then the changed files (metadata.json last), then end().
 * Format  JSON, a line for each path.
 */
class list_writer {
public:
    using sink = std::function<void(std::string_view bytes)>;
    /// Of `head`, all but the paths.
    list_writer(change_list const& head, sink out);

    void removed(std::string_view path);
    void changed(listed_file const& file);
    void end();

private:
    void begin_changed();

    sink m_out;
    bool m_any = false;     ///< in the array that is open
    bool m_changed = false; ///< that is the second one
};

} // namespace notes_export::feed
