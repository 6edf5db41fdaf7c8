#pragma once

#include "mirror/child_process.hpp"
#include "mirror/git/failure.hpp"
#include "mirror/git/options.hpp"

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export::mirror {

/**
 * How git is run: on our bare repository, asking nobody, the same whatever the user has configured where that matters.
 *
 * Throws  mirror_error, cancelled.
 * Thread  one.
 */
class git_program {
public:
    explicit git_program(git_options const& options);

    using arguments = std::vector<std::string>;
    using take_bytes = child_process::take_bytes;

    struct said {
        int status = 0;
        std::string output; ///< at most `most_output` bytes
        std::string errors; ///< the end
    };
    static constexpr std::size_t most_output = std::size_t{4} * 1024 * 1024;

    /// Runs it; any status. `input` is small.
    said run(arguments const& words, git_attempt const& attempt, std::stop_token const& stop,
             std::string_view input = {}) const;
    /// Runs it; fails unless it succeeds.
    std::string output(arguments const& words, git_attempt const& attempt, std::stop_token const& stop,
                       std::string_view input = {}) const;
    /// Runs it, and gives what it prints piece by piece; fails unless it succeeds.
    void stream(arguments const& words, git_attempt const& attempt, take_bytes const& take,
                std::stop_token const& stop) const;
    /// How it is to be started. Own work at low priority gives way to everything else.
    enum class priority { normal, low };
    program command(arguments const& words, priority p = priority::normal) const;

    /// Looks which ssh the user wants. Once, before anything is reached.
    void find_ssh(std::stop_token const& stop);

    git_options const& options() const noexcept { return m_options; }
    /// An attempt about the address: "fetch branch main of ADDRESS".
    git_attempt attempt(std::string const& what) const;

private:
    int run_process(program const& p, git_attempt const& attempt, take_bytes const& take, std::stop_token const& stop,
                    std::string_view input, std::string& errors) const;

    git_options m_options;
    bool m_own_ssh = false; ///< the user has said nothing about it
};

/// What child_process throws, as a mirror_error about this attempt. Called in a catch block.
[[noreturn]] void rethrow_as_git_failure(git_attempt const& attempt, std::string const& errors);

} // namespace notes_export::mirror
