#pragma once

#include "files/file.hpp"
#include "notes_export/feed.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::feed {

/**
 * The change feed of a tree, wherever in it that is: below `changes/`, or below `.exportd/changes/`. For those who
 * follow it; whoever may pass through `.exportd` and read `changes` in it needs no other right.
 *
 * The newest generation decides which of the two is meant: while `[feed] publish` is switched, both may be there for a
 * moment. What is no feed of ours (too long, not as its schema says, a link, a path that leads out of the tree) is as
 * good as not there. Nothing is kept open but the directory.
 * Throws  file_error when something that is there cannot be read: EACCES is a missing right.
 * Thread  const functions from any number of threads.
 */
class reader {
public:
    /// `tree` is the open root; it is not kept. `root` is for messages.
    reader(int tree, std::filesystem::path root);

    /// nullopt: there is no feed yet.
    std::optional<feed_state> state() const;
    /// The list of one generation; nullopt: it is not kept, or is none.
    std::optional<change_list> list(std::uint64_t generation) const;
    /// Why list() has none of it, though something is in its place: a few words. "" when it is there, or nothing is.
    std::string fault_of_list(std::uint64_t generation) const;
    /// Why state() says nothing, though something is in the place of a state.json: "PATH is ...". "" as above.
    std::string fault_of_state() const;
    /// Where that list is, relative to the root; "" when it is nowhere. Only state() says whether it is published.
    std::string path_of(std::uint64_t generation) const;
    /// The directory of the feed, relative to the root: "changes" or ".exportd/changes"; "" when there is no feed.
    std::string_view directory() const;

private:
    struct place;
    std::optional<place> newest() const;

    file m_tree;
    std::filesystem::path m_root;
};

/// What a follower at generation `from` has to do to be at `to`.
struct way {
    /// Oldest first, each beginning where the one before ended. Empty with no reason: nothing, it is there already.
    std::vector<change_list> lists;
    std::string reason; ///< why everything must be compared instead; "" when the lists are enough
};

/// There is no list() of it: why, in words.
std::string why_not_listed(reader const& feed, std::uint64_t generation);

/// From one generation to the newest that state() names. `from` 0 is a follower that has nothing.
way way_from(reader const& feed, feed_state const& state, std::uint64_t from);

} // namespace notes_export::feed
