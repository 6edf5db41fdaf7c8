#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <linux/seccomp.h>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace test {

/// One system call of a watched program, seen before it runs.
struct watched_call {
    std::string name;       ///< "openat", "fsync", ...
    std::string path;       ///< relative to the watched tree, "" is its root; for a rename: from
    std::string target;     ///< of a rename: to
    bool creates = false;   ///< an open that may make the file
    bool truncates = false; ///< an open that empties it
    bool message = false;   ///< not on the tree: a message to the database server
    bool marks = false;     ///< the message marks rows as exported
    bool injected = false;  ///< it did not run as it was asked for
    int error = 0;          ///< injected: errno, 0 for other faults
    bool killed = false;    ///< it did not run at all, nor anything after it
    std::size_t number = 0;

    std::string text() const { return name + ' ' + path + (target.empty() ? "" : " to ") + target; }
};

/// The calls that a filter has to hand over, by their numbers on this machine.
std::vector<long> watched_numbers();

/**
 * Reads a call that waits for its answer: what it is, and whether it is of interest, that is, about something in the
 * tree or a message to a database server. nullopt is neither.
 *
 * The tree is given as a canonical path. Descriptors are followed through /proc, so it does not matter how the program
 * got them.
 */
std::optional<watched_call> read_call(seccomp_notif const& asked, std::filesystem::path const& tree);

/// Memory of another process, as far as it can be read.
std::string read_memory(pid_t task, std::uint64_t address, std::size_t size);

} // namespace test
