#pragma once

#include "crash/watched_call.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace test {

/**
 * Follows the calls of one or more programs on a tree and tells what a power failure could still take away.
 *
 * What counts is what POSIX promises: the bytes of a file after fsync() of it, a name in a directory after fsync() of
 * the directory, both after syncfs(); nothing else, and nothing of a file whose sync, or close() after writing, failed
 * once. The end of a process changes nothing: what it did not sync, its successor has to.
 *
 * The change feed: before anything but metadata.json changes, the write-ahead list is written and synced; the change
 * list comes before the metadata.json that it is about; state.json after that and after all removals.
 *
 * Rules: only a synced file is renamed; metadata.json announces what is to come; what refers to others (indexes, then
 * metadata.json) comes after those, and only when their names are synced; files are removed after that, but for old
 * twins, which go before their file is replaced; rows are marked when every published name is synced.
 */
class durability_ledger {
public:
    /// The calls of one program with one cycle, in their order.
    void add(std::vector<watched_call> const& trace);

    /// Rules that were broken, in words.
    std::vector<std::string> const& violations() const noexcept { return m_violations; }
    /// Published directories with names that are not synced.
    std::vector<std::string> unsynced() const;

private:
    void add(watched_call const& call);
    void write(watched_call const& call);
    void sync(watched_call const& call);
    void sync_all(watched_call const& call);
    void close(watched_call const& call);
    void rename(watched_call const& call);
    void rename_in_feed(watched_call const& call);
    void expect_ahead(watched_call const& call);
    bool publishes_first(watched_call const& call);
    void remove(watched_call const& call);
    bool goes_before_its_file(watched_call const& call) const;
    void change_name(std::string const& path, int rank);
    void expect_turn(watched_call const& call, int rank);
    void expect_synced(watched_call const& call, int below);
    void violate(watched_call const& call, std::string const& what);

    std::set<std::string> m_unsynced_files;
    std::set<std::string> m_files_in_writing;
    std::set<std::string> m_lost_files;                    ///< their sync failed, or the close() after writing
    std::map<std::string, std::set<int>> m_unsynced_names; ///< directory -> ranks of the names that changed in it
    int m_highest = 0;                                     ///< rank published by this program so far
    bool m_ahead = false;                                  ///< this program has written to the write-ahead list
    bool m_listed = false;                                 ///< this program has put a change list into place
    bool m_announced = false;                              ///< this program has published something
    std::vector<std::string> m_violations;
};

} // namespace test
