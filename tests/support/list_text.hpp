#pragma once

#include "feed/text.hpp"
#include "notes_export/feed.hpp"

#include <string>
#include <string_view>

namespace test {

/// The bytes of a change list in one piece.
inline std::string list_text(notes_export::change_list const& list) {
    std::string text;
    notes_export::feed::list_writer writer{list, [&](std::string_view bytes) { text += bytes; }};
    for (auto const& path : list.removed)
        writer.removed(path);
    for (auto const& file : list.changed)
        writer.changed(file);
    writer.end();
    return text;
}

} // namespace test
