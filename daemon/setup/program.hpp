#pragma once

#include "system_user.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace exportd {

/// A program to run to its end: no shell is between, so a word is a word whatever is in it.
struct program {
    std::vector<std::string> words;               ///< looked for in PATH; the first one is its name
    std::optional<file_owner> as = std::nullopt;  ///< another user; takes root
    std::map<std::string, std::string> more = {}; ///< variables beside our own environment
    std::chrono::seconds longest{60};

    /// As an operator would type it.
    std::string text() const;
};

struct program_result {
    int status = 0;     ///< exit status; 128 + n when signal n ended it
    std::string output; ///< stdout; the first megabyte
    std::string errors; ///< stderr; the same

    bool good() const noexcept { return status == 0; }
    /// The last line that says anything: of stderr, else of stdout.
    std::string last_line() const;
};

/**
 * Runs it with nothing to read from, and in our process group, so that Ctrl-C ends both.
 *
 * Throws  std::system_error when it cannot be started (ENOENT: there is no such program), or when it did not end in
 *         time and was killed (ETIMEDOUT).
 * Thread  while there is no other one.
 */
program_result run_program(program const& p);

/// A word as a shell would have to be given it: in quotes when it needs them.
std::string shell_word(std::string const& word);

} // namespace exportd
