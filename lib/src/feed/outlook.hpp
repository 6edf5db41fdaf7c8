#pragma once

#include "notes_export/feed.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace notes_export::feed {

/// What a cycle finds of tree and feed before it changes anything.
struct outlook_facts {
    std::optional<std::uint64_t> live; ///< the generation that metadata.json names; nullopt: it names none
    bool tree_is_empty = false;        ///< there is no metadata.json, and nothing tells of an earlier one
    std::uint64_t recorded = 0;        ///< the generation that the database knows
    std::optional<feed_state> state;   ///< state.json, where the feed is to be
    bool elsewhere = false;            ///< a feed is where it is not to be: `[feed] publish` was changed
    std::uint64_t newest_elsewhere = 0;
    std::uint64_t newest_list = 0; ///< of the files; 0 where state and metadata.json agree, so that it does not matter
    enum class list_of_live {
        none,
        differs, ///< it names another metadata.json than the one that is there
        matches
    } list = list_of_live::none;
    bool ahead_lost = false;       ///< the write-ahead list is gone
    bool less_is_exported = false; ///< by another configuration: older lists name files that followers do not know
};

/// What the next change list can say.
struct outlook {
    bool complete = false;    ///< all that has changed since metadata.json's generation is, or will be, known
    std::string reason;       ///< why not
    std::uint64_t newest = 0; ///< the greatest number that was ever used: the next one is above
    bool state_owed = false;  ///< state.json does not name a generation that is published
};

/// Pure. Whatever does not fit together was restored, replaced or repaired by others.
outlook look_out(outlook_facts const& facts);

} // namespace notes_export::feed
