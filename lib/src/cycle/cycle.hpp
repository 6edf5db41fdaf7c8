#pragma once

#include "index/file.hpp"
#include "index/merge.hpp"
#include "document/metadata.hpp"
#include "cycle/exporter_parts.hpp"
#include "index/entries.hpp"
#include "cycle/profile_batch.hpp"
#include "cycle/profile_pipeline.hpp"
#include "cycle/removal_window.hpp"
#include "source/catalog.hpp"
#include "source/marks.hpp"
#include "source/snapshot.hpp"
#include "source/work_list.hpp"
#include "publish/version_file.hpp"

#include <future>
#include <list>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export {

/// What one cycle knows of one dataset.
struct dataset_work {
    explicit dataset_work(dataset const& set) : d{&set}, layout{set.path} { report.name = set.name; }

    dataset const* d;
    entity_path layout;
    bool triggers = false;                        ///< install.sql keeps its flags
    std::vector<work_row> rows;                   ///< to look at
    further_rows logged;                          ///< what the log, and earlier cycles, want to be looked at
    std::vector<std::int64_t> log_lines;          ///< lines of the log that this cycle serves
    std::vector<std::int64_t> removals;           ///< ids whose profile is to go
    bool sweep = false;                           ///< compare all files with all ids
    bool had_files = true;                        ///< may have had, when the cycle began
    std::future<std::vector<std::int64_t>> found; ///< ids that have a file; while they are looked for
    std::vector<std::int64_t> changed;            ///< ids whose index entry may be another one, unless all may; sorted
    std::set<row_name> superseded;                ///< rows that another one of their id stands for
    std::set<std::int64_t> doubled;               ///< ids that several rows of one key want to be published as
    std::map<std::int64_t, std::size_t> multiplied; ///< keys that the source of the profiles gives several times
    bool touched = false;                         ///< its index may have changed
    std::size_t created = 0;                      ///< profiles that had no file before
    std::vector<std::int64_t> ids;                ///< of the rows to look at, sorted
    std::map<std::int64_t, std::vector<work_row>> with_profile; ///< id -> rows that are marked when its profile is
    std::vector<work_row> to_mark;
    mark_check check = mark_check::none; ///< other people's triggers may change a row when it is marked
    std::vector<work_row> to_flag; ///< refused though they were not pending
    std::optional<staged_file> index;
    published_index known_index; ///< of the index as it will be in the tree
    bool merged = false;         ///< it was made of the published one
    dataset_report report;
};

/**
 * One export cycle, from detection to marking. Used once.
 *
 * The order of its public face is the protocol: nothing is renamed before it is durable, nothing refers to what is not
 * in place, nothing is marked that is not durably in place.
 */
class cycle {
public:
    cycle(exporter_parts& parts, cycle_request const& request, std::stop_token stop);

    cycle_report run();

private:
    // cycle_detect.cpp: what is there to do
    void detect();
    void begin_snapshot();
    std::string vanished_view() const;
    void read_state();
    void read_log();
    void choose_mode();
    std::string full_reason();
    std::string wrong_generation();
    std::string database_identity();
    std::string unwatched_change() const;
    bool full_is_due() const;
    void list_rows(dataset_work& w);
    bool has_versions(dataset_work const& w) const;
    void report_odd_keys(dataset_work const& w, work_list const& list);
    static void note_exceptions(dataset_work& w);
    void find_removals(dataset_work& w) const;
    void drop_known_refusals(dataset_work& w);
    bool is_known_refusal(dataset_work const& w, work_row const& row) const;
    void forget_refusals_of_gone_rows(dataset_work& w);
    std::vector<work_row> still_there(dataset_work const& w, std::set<row_name> const& wanted);
    bool idle() const;

    // cycle_render.cpp: documents to staging
    void set_aside_rows(dataset_work& w);
    void export_profiles(dataset_work& w);
    void take(dataset_work& w, profile_outcome&& outcome);
    void refuse(dataset_work& w, work_row const& row, quarantined_row refused);
    void report_multiplied(dataset_work const& w);
    std::size_t batch_rows() const;
    void flush_profiles();
    void finish_batch();
    void finish_marking();
    void count_marks(marking_result const& done);
    void begin_sweep(dataset_work& w);
    void finish_sweep(dataset_work& w);
    std::vector<std::int64_t> all_ids(dataset_work const& w);
    void guard_shrink(dataset_work& w);
    void build_documents();
    std::optional<pg::result> read_document_row(document const& d);
    void build_document(document const& d);

    // cycle_index.cpp: indexes to staging
    void build_index(dataset_work& w);
    void add_changed_ids(dataset_work& w, published_index const& before) const;
    bool may_merge(dataset_work const& w, published_index const& before) const;
    bool merge_index(dataset_work& w, published_index const& before);
    std::vector<index_change> read_changes(dataset_work& w, index_entry_check& check);
    static void count_profiles(dataset_work& w, published_index const& before, index_merge const& merge,
                               std::vector<index_change> const& changes);
    void rebuild_index(dataset_work& w, bool known);
    staged_file write_entries(dataset_work& w, bool known);
    index_exceptions exceptions(dataset_work const& w);
    void warn_left_out(dataset_work& w, index_entry_check const& check);
    void stage_index(dataset_work& w, staged_file staged);
    void discard_index(dataset_work& w);
    void keep_old_index(dataset_work& w);
    void remember_index(dataset_work& w);

    // cycle_index_size.cpp
    bool index_is_owed(dataset_work const& w) const;
    void guard_index_size(dataset_work& w);
    void refuse_index(dataset_work& w);
    void remember_refused_indexes() const;

    // cycle_publish.cpp: staging to tree, tree to flags
    void build_metadata();
    bool has_more_than_metadata() const;
    std::uint64_t next_generation() const;
    void stage_publishing_mark();
    void remember_database() const;
    version_file versions() const;
    std::string data_version();
    void publish();
    void put_in_place();
    void begin_sync();
    void sync_profiles();
    void announce_publication();
    void remove_profiles();
    void announce(profile_batch const& batch) const;
    void announce_removals() const;
    void mark();
    void watch_marks();
    void mark_rows(dataset_work& w);
    void take_reshaped(dataset const& d, std::vector<row_name> const& rows);
    void record_generation();
    void flag_refused(dataset_work& w);
    void remember();

    void enter(phase p);
    void warn(std::string text) { m_report.warnings.push_back(std::move(text)); }
    std::size_t removal_count() const;

    exporter_parts& m_parts;
    cycle_request m_request;
    std::stop_token m_stop;
    cycle_report m_report;
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();

    catalog m_catalog;
    pg::connection* m_reader = nullptr;
    fingerprint m_sources;          ///< of the last full export
    row_digests m_digests;          ///< of relations that no trigger watches
    std::string m_identity;         ///< of the database, once asked for
    std::string m_live_text;        ///< metadata.json as it is
    std::optional<metadata> m_live; ///< the same, understood
    std::optional<std::uint64_t> m_state_generation; ///< as json_export_state has it
    std::string m_full_request;                      ///< why a full export is wanted, "" is none
    std::vector<std::int64_t> m_full_requests;       ///< lines of the log that want it
    removal_window m_counts;                         ///< of a day, for the shrink guard
    bool m_unfinished = false;                       ///< a publication was begun, before or by this cycle
    bool m_marked_publishing = false;                ///< metadata.json says so
    std::vector<index_size> m_refused_indexes; ///< of earlier cycles, in the end of this one
    std::list<dataset_work> m_work;            ///< stable addresses

    profile_batch m_batch;                ///< staged, not yet published
    std::vector<staged_file> m_documents; ///< indexes and global files, staged
    std::optional<staged_file> m_metadata_file;
    std::future<marking_result> m_marking;    ///< of the last batch that was published
    std::future<batch_result> m_flushing;     ///< runs beside the making of the next batch, at most one at a time
    std::future<void> m_profiles_durable;     ///< of m_batch; runs beside the making of the indexes
    std::optional<std::string> m_new_version; ///< to be written to the version file
    std::map<std::string, std::set<std::int64_t>> m_look_again; ///< dataset -> keys, for the next cycle
};

} // namespace notes_export
