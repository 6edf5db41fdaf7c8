#pragma once

#include "feed/published_paths.hpp"
#include "mirror/change_set.hpp"
#include "mirror/source/tree_source.hpp"

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace notes_export::mirror {

/// A step that changed more is not purged path by path.
inline constexpr std::size_t most_purged = 10'000;

/// What one step did to the target.
struct step_result {
    std::uint64_t generation = 0;         ///< in the target after it
    std::size_t written = 0;              ///< files
    std::size_t removed = 0;              ///< files
    std::uint64_t bytes = 0;              ///< sent
    std::vector<std::string> warnings;    ///< a line each, for the operator
    std::vector<std::string> changed_now; ///< paths written or removed, for purging; at most `most_purged` of them
    bool too_many_to_purge = false;       ///< there were more

    void note_changed(std::string path) {
        if (changed_now.size() < most_purged)
            changed_now.push_back(std::move(path));
        else
            too_many_to_purge = true;
    }
};

/// Where a target stands.
struct cursor {
    cursor(std::uint64_t number = 0, std::string date = {}) : generation{number}, export_date{std::move(date)} {}

    std::uint64_t generation; ///< 0 is nothing, or nothing of ours
    std::string export_date;  ///< of that generation; "" is not known
};

struct difference {
    std::string path;
    std::string what; ///< "missing", "differs", "not in the tree"
};

/**
 * A copy of the tree, somewhere.
 *
 * The cursor is in the target: `generation` of its metadata.json, which is written last, so that a target needs no
 * state of ours, and a step that was cut short is done again from the same generation.
 * Order   profiles, indexes and single files, metadata.json; then removals.
 * Ours    only paths for which is_published_path() holds; what others keep beside them is never touched.
 * Throws  mirror_error (what was tried, on what, why, what to do), cancelled when asked to stop. Every wait has a
 *         deadline; a stop request ends each within a second, and leaves a target that the next step continues.
 * Thread  one.
 */
class target {
public:
    /// `ours`: which paths are.
    explicit target(published_paths ours) : m_ours{std::move(ours)} {}
    virtual ~target() = default;
    target(target const&) = delete;
    target& operator=(target const&) = delete;

    /// From now on: what is configured changes while a mirror runs.
    void use(published_paths const& ours) { m_ours = ours; }

    /// What is in the target. A tree that was restored numbers its generations again: their dates tell them apart.
    virtual cursor read_cursor(std::stop_token const& stop) = 0;
    std::uint64_t generation(std::stop_token const& stop) { return read_cursor(stop).generation; }
    /// Makes it the tree of `changes.to`. With `changes.everything` it compares, and writes only what is not equal.
    /// `result` says what was done, also when it throws.
    virtual void apply(change_set const& changes, tree_source& source, std::stop_token const& stop,
                       step_result& result) = 0;
    /// Compares the target with the tree, and changes nothing; at most `at_most` differences.
    virtual std::vector<difference> verify(tree_source& source, std::size_t at_most, std::stop_token const& stop) = 0;

protected:
    published_paths const& ours() const noexcept { return m_ours; }

private:
    published_paths m_ours;
};

} // namespace notes_export::mirror
