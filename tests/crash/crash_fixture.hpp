#pragma once

#include "crash/durability_ledger.hpp"
#include "crash/fault_plans.hpp"
#include "support/daemon_fixture.hpp"
#include "support/feed_follower.hpp"
#include "support/tree_contents.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace test {

/// What is wrong, one line each.
using complaints = std::vector<std::string>;

/// How one `once` ended.
struct watched_run {
    int status = 0; ///< exit code, or -N for signal N
    std::string errors;
    std::vector<watched_call> trace;
    std::optional<watched_call> hit; ///< where the fault struck
};

/**
 * A tree, a database that is ahead of it, and the tree that must come of both. Runs of `once` between them can be
 * killed or disturbed anywhere; afterwards both can be put back for the next one.
 */
struct crash_fixture : daemon_fixture {
    using daemon_fixture::daemon_fixture;

    /// Further arguments of `once`. All documents are valid, and loading the schemas takes as long as all the rest;
    /// validate() checks the outcome.
    std::vector<std::string> options{"--set", "export.validation=off"};

    /// Every kind of change at once: users new, changed, renamed, removed and flagged for nothing; countries new,
    /// changed and removed; the global row. The totals stay as they are, so that metadata.json differs by nothing else.
    void change_everything();
    /// Few rows, so that a whole tree is made with few calls.
    void keep_few_rows();

    /// The tree and the flags as they are now are what put_back() brings back; what a clean exporter makes of the
    /// database elsewhere is what is expected.
    void begin_here();
    void put_back();

    watched_run once(fault_plan plan = {});

    /// The promise to readers, and that nothing is lost, at any moment.
    complaints after_crash();
    /// The promise as a whole, after a cycle that ended well.
    complaints after_cycle();
    /// Files that have the expected bytes now must not be touched from here on.
    void remember_finished();
    /// Of the tree as it was in begin_here(): it reads nothing but the feed.
    feed_follower const& follower() const noexcept { return m_follower; }
    /// Every published file against its schema, by another program.
    complaints validate() const;

private:
    std::set<std::string> entities(std::string const& sql);
    void check_profiles(tree_contents const& now, complaints& wrong);
    bool is_of_unchanged_file(std::string const& path) const;
    void check_commit(tree_contents const& now, complaints& wrong) const;
    void check_private_files(complaints& wrong) const;
    void check_generation(complaints& wrong);
    bool sessions_gone();

    tree_contents m_expected; ///< timeless
    feed_follower m_follower;
    std::int64_t m_generation = 0;
    std::map<std::string, std::string> m_before;
    std::map<std::string, file_identity> m_finished;
};

} // namespace test
