#pragma once

#include "cycle/made_index.hpp"
#include "index/file.hpp"
#include "index/merge.hpp"
#include "index/published_index.hpp"
#include "notes_export/dataset.hpp"
#include "publish/held_tree.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace notes_export {

/// The index of a dataset as one file, which is compared with the one in the tree.
class whole_index {
public:
    /// `before`: what is known of the one in the tree; nullptr is nothing. All outlive it.
    whole_index(held_tree& held, dataset const& d, published_index const* before)
        : m_tree{&held}, m_dataset{&d}, m_before{before} {}

    /// false: the dataset has none.
    bool wanted() const noexcept { return m_dataset->has_index(); }
    /// Is it in the tree as it was published?
    bool is_ours() const;
    /// Stages the one that these changes make of it, if that is another one. Gives whether it had an entry of an id
    /// among the changes. Throws not_our_index.
    std::function<bool(std::int64_t)> merge(std::vector<index_change> const& changes, made_index& made) const;

    /// A new one; none when none is wanted.
    std::optional<index_file> begin() const;
    /// It is staged when it differs.
    void finish(index_file& file, made_index& made) const;

private:
    void stage(staged_file file, made_index& made) const;

    held_tree* m_tree;
    dataset const* m_dataset;
    published_index const* m_before;
};

} // namespace notes_export
