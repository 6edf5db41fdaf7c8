#pragma once

#include "held_tree.hpp"
#include "notes_export/report.hpp"
#include "source/sessions.hpp"
#include "source/work_list.hpp"

#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export {

struct dataset_work;

struct staged_profile {
    staged_file file;
    dataset_work* of;
    std::int64_t id;
    std::string name;
};

/// Profiles that are published together, and the rows that are marked when they are.
struct profile_batch {
    std::vector<staged_profile> profiles;
    std::vector<std::pair<dataset_work*, std::vector<work_row>>> rows;

    std::optional<staged_directories> fresh; ///< those of the profiles that are in directories new to the tree
    std::set<std::string> new_directories;

    /// The branches of these rows that the tree does not have will be staged as a whole.
    void expect(held_tree& held, entity_path const& layout, std::span<work_row const> coming);
    bool is_new(entity_path const& layout, std::int64_t id) const {
        return fresh && new_directories.contains(layout.branch_of(id));
    }

    std::vector<staged_file> files() const;
    /// Makes the directories that are needed and returns when the files are on disk; gives the directories that got a
    /// new entry.
    std::vector<std::string> prepare(held_tree const& held) const;
    /// Renames all to their places. `changed` is what prepare() gave.
    void put_in_place(held_tree const& held, std::vector<std::string> changed) const;
    /// When nothing is to be put into place after all.
    void discard_directories() const {
        if (fresh)
            fresh->remove();
    }
};

/// What became of a batch.
struct batch_result {
    struct marked_rows {
        dataset_work* of;
        std::size_t marked;
        std::size_t asked;
    };
    phase_times phases;
    std::vector<marked_rows> marks;
    profile_batch batch;
};

/// From staging to marks, for a batch that is not the last of its cycle. May run beside everything that neither
/// publishes nor uses the writing session.
batch_result publish_batch(profile_batch batch, held_tree const& held, sessions& database, sql const& statements,
                           std::stop_token const& stop);

} // namespace notes_export
