#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/marking.hpp"
#include "cycle/profile_batch.hpp"
#include "cycle/situation.hpp"

#include <cstddef>
#include <future>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace notes_export {

/// What is put into place after the profiles of a cycle, and what goes then.
struct publication_end {
    std::vector<staged_file> files;         ///< indexes, and files of single rows, and their twins
    staged_file metadata;                   ///< the commit point
    std::vector<std::string> removals;      ///< paths of profiles, and of twins
    std::optional<std::string> new_version; ///< for the version file
    notes_export::metadata says;            ///< what is in `metadata`
};

/**
 * From staging to the tree, in the order that keeps every reader right: nothing is renamed before it is durable,
 * nothing refers to what is not in place, nothing is marked that is not durably in place.
 *
 * The profiles of a large cycle are published and marked in batches, so that a crash does not cost them; each batch
 * runs beside the making of the next one. The indexes follow at the end; metadata.json says that they are owed.
 */
class tree_publication {
public:
    tree_publication(cycle_context& c, situation const& seen, marking& marks)
        : m_context{&c}, m_seen{&seen}, m_marks{&marks} {}

    /// Rows whose profiles are rendered next: new directories of the tree are staged as a whole.
    void expect(entity_path const& layout, std::span<work_row const> coming);
    void add(staged_profile profile) { m_batch.profiles.push_back(std::move(profile)); }
    void add_twin(staged_file twin) { m_batch.twins.push_back(std::move(twin)); }
    /// To be marked when what is staged is published.
    void mark_later(dataset_plan const& plan, work_row const& row) { m_batch.rows_of(plan).push_back(row); }
    profile_batch const& staged() const noexcept { return m_batch; }
    /// Something was put into place by an earlier batch, or will be by the one under way.
    bool begun() const noexcept { return m_begun; }

    /// What is staged so far is published and marked beside what follows.
    void flush();
    /// Disk and database can work at the same time: what is staged goes to disk while the indexes are read.
    void begin_sync();
    /// Waits for the batch that is under way.
    void finish_batch();
    /// The rest. `end` is none: there is nothing to publish.
    void finish(publication_end const* end);
    /// Waits for marks that are under way, and gives the rows that are left to mark.
    rows_to_mark take_rows();

private:
    void stage_mark();
    void put_in_place(publication_end const& end);
    void remove(std::vector<std::string> paths) const;
    void sync(publication_end const& end);
    void begin_feed(publication_end const& end) const;
    void announce(publication_end const& end) const;
    void finish_marking();
    void remember_database() const;
    void remember_twins() const;
    void remember_files() const;
    void remember_indexes() const;
    void tell(profile_batch const& published) const;

    cycle_context* m_context;
    situation const* m_seen;
    marking* m_marks;
    profile_batch m_batch;                 ///< staged, not yet published
    std::future<batch_result> m_flushing;  ///< at most one at a time
    std::future<marking_result> m_marking; ///< of the last batch that was published
    std::future<void> m_durable;           ///< of m_batch
    bool m_mark_staged = false;            ///< now or earlier: metadata.json says that a publication has begun
    bool m_begun = false;
};

} // namespace notes_export
