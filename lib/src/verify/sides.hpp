#pragma once

#include "cycle/oversized_rows.hpp"
#include "cycle/progress_meter.hpp"
#include "files/stamp.hpp"
#include "notes_export/config.hpp"
#include "publish/tree.hpp"
#include "schema/set.hpp"
#include "source/catalog.hpp"
#include "source/sessions.hpp"
#include "source/sql.hpp"
#include "twin/plan.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

namespace notes_export {

/**
 * Tree and database as a verification sees them, while others publish and write.
 *
 * Every publication replaces metadata.json before it touches any other file, and again at its end; what it publishes is
 * from before its first file. So a snapshot that was begun while nothing was being published is as new as the tree, for
 * as long as metadata.json stays the same file: then a difference is one. After that it may only say that the snapshot
 * is old.
 *
 * Thread: the owner's.
 */
class sides {
public:
    sides(export_config const& c, std::stop_token s, progress_meter::listener progress);
    sides(sides const&) = delete;
    sides& operator=(sides const&) = delete;

    /// Which metadata.json the tree has: none is a state, too.
    using moment = std::optional<file_stamp>;
    moment now() const;
    /// The same while nothing is being put into place.
    moment settled() const;
    /// The same when no batches of a long publication (metadata.json says so) follow: their end is waited for, some
    /// seconds of the verification's time in all.
    moment settled_between_batches();

    /// A new one, in the place of the one before; `columns` is of it.
    void begin_snapshot();
    pg::connection& reader() { return database.reader(0); }
    /// As metadata.json counts them; 0 when it cannot tell.
    std::uint64_t published_profiles(dataset const& d) const;
    bool has_versions(dataset const& d) const { return columns.reads().has_versions(d.table); }

    /**
     * Calls `look` with a new snapshot that is as new as the tree, while nothing can be published: publications wait
     * for it, so it must be brief. Begins like settled_between_batches().
     * Throws file_error when something was published in every one of many tries.
     */
    void at_rest(std::function<void()> const& look);

    /// Calls `work` again after a row ended the session because this process has no memory for it (`oversized` knows of
    /// it then), or the standby ended it. The snapshot is another one.
    void despite_lost_snapshots(std::function<void()> const& work);

    /// For what is tried again because of publications.
    static constexpr int most_tries = 20;
    [[noreturn]] void give_up() const;

    export_config config;
    std::stop_token stop;
    sql statements;
    sessions database;
    tree files;
    schema_set schemas;
    oversized_rows oversized;
    progress_meter progress;
    twin_plan twins;
    catalog columns; ///< as of the snapshot

private:
    bool batches_follow() const;

    std::chrono::milliseconds m_patience{10'000}; ///< with long publications
};

} // namespace notes_export
