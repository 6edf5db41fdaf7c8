#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace exportd::logging {

/**
 * Where log lines go: standard error, or a file opened for appending.
 *
 * Safety  a write never waits longer than 100 ms, and not at all while the reader stays stuck; stderr that was closed
 *         stays closed for us, so that its number is never taken by a file of the published tree.
 * Throws  std::system_error from to_file() only.
 * Thread  one at a time.
 */
class log_output {
public:
    static log_output to_stderr();
    /// `mode` is that of a file that has to be made; one that is there keeps its own.
    static log_output to_file(std::filesystem::path const&, unsigned mode);

    log_output(log_output&&) noexcept;
    log_output& operator=(log_output&&) noexcept;
    ~log_output();

    /// Writes the line, which ends in a newline. False: (part of) it is lost, errno says why.
    bool write(std::string line);

    /// Does the file's name lead to another file by now, or to none? Whoever rotates logs does that. Never for stderr.
    bool was_moved() const noexcept;

    /// Is stderr connected to the systemd journal? (JOURNAL_STREAM names it.)
    bool is_journal() const noexcept { return m_journal; }

private:
    explicit log_output(int fd, std::filesystem::path = {}) noexcept;
    bool wait_for_room() noexcept;
    bool write_all(std::string_view bytes) noexcept;
    void close() noexcept;

    int m_fd;
    std::filesystem::path m_path; ///< empty: stderr
    bool m_socket;
    bool m_journal;
    bool m_stuck = false; ///< the last write failed: do not wait again
    bool m_torn = false;  ///< the last line was written in part
};

} // namespace exportd::logging
