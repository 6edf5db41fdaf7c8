#pragma once

#include "cycle/dataset_plan.hpp"
#include "feed/recorder.hpp"
#include "notes_export/report.hpp"
#include "publish/held_tree.hpp"
#include "source/marks.hpp"
#include "source/sessions.hpp"
#include "source/work_list.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace notes_export {

struct staged_profile {
    staged_file file;
    dataset_plan const* of;
    std::int64_t id;
    std::string name; ///< hostile
};

using rows_to_mark = std::vector<std::pair<dataset_plan const*, std::vector<work_row>>>;

/// Profiles that are published together, and the rows that are marked when they are.
struct profile_batch {
    std::vector<staged_profile> profiles;
    std::vector<staged_file> twins; ///< of these, and of profiles that stay as they are
    rows_to_mark rows;

    std::optional<staged_file>
        mark; ///< metadata.json that says that a publication has begun; to be put into place first
    std::optional<staged_directories> fresh; ///< those of the profiles that are in directories new to the tree
    std::set<std::string> new_directories;

    std::vector<work_row>& rows_of(dataset_plan const& plan);

    /// The branches of these rows that the tree does not have will be staged as a whole.
    void expect(held_tree& held, entity_path const& layout, std::span<work_row const> coming);
    bool is_new(entity_path const& layout, std::int64_t id) const {
        return fresh && new_directories.contains(layout.branch_of(id));
    }

    bool has_files() const noexcept { return !profiles.empty() || !twins.empty(); }
    /// All of them.
    std::vector<staged_file> files() const;
    /// Those that are not in a directory that is new.
    std::vector<staged_file> single_files() const;
    /// Returns when the files are on disk. Throws when one could not be put into its place, before any is.
    void make_durable(held_tree const& held) const;
    /// Renames all profiles to their places, after make_durable() and the mark.
    void put_in_place(held_tree const& held) const;
    /// When nothing is to be put into place after all.
    void discard_directories() const {
        if (fresh)
            fresh->remove();
    }
};

/// What became of the rows of one or more batches.
struct marking_result {
    struct marked_rows {
        dataset_plan const* of;
        marks rows;
        std::size_t asked;
    };
    std::chrono::steady_clock::duration time{};
    std::vector<marked_rows> rows;
};

/// A batch that has been published.
struct batch_result {
    phase_times phases;
    profile_batch batch;
    marking_result earlier;              ///< of the batch before
    std::future<marking_result> marking; ///< of its rows, under way
};

/**
 * From staging to marking, for a batch that is not the last of its cycle. May run beside everything that neither
 * publishes nor uses the writing session. `earlier` is the marking of the batch before; one session marks them in turn.
 */
batch_result publish_batch(profile_batch batch, std::future<marking_result> earlier, held_tree const& held,
                           feed::recorder& feed, sessions& database, sql const& statements,
                           std::stop_token const& stop);

} // namespace notes_export
