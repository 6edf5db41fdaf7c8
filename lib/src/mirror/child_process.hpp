#pragma once

#include "files/file.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace notes_export::mirror {

/// A program of others, and how long it may take.
struct program {
    std::vector<std::string> words;               ///< the first is looked for in PATH
    std::map<std::string, std::string> variables; ///< instead of those of the same name in our environment
    std::vector<std::string_view> without;        ///< names of our environment that it does not get
    std::string directory = "/";
    std::chrono::milliseconds silence{60'000}; ///< without a byte from or to it, while it is waited for
    std::chrono::milliseconds whole{0};        ///< 0: as long as it says something
};

/// It took longer than it may, and was ended.
class program_overdue : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// It is not there, or must not be run: code() of a std::system_error says which.
class program_not_started : public std::system_error {
public:
    using std::system_error::system_error;
};

/**
 * A running program, in a process group of its own: fed and read at once, so that neither side waits for the other.
 *
 * Ends    the group is asked to end (SIGTERM), then killed, when this object goes before it has ended, when a stop is
 *         requested, and when it takes too long. When we are killed, the kernel asks it to end.
 * Throws  program_not_started, program_overdue, cancelled; what `on_output` throws.
 * Thread  one.
 */
class child_process {
public:
    using take_bytes = std::function<void(std::string_view piece)>;

    child_process(program const& p, take_bytes on_output, std::stop_token stop);
    ~child_process();
    child_process(child_process const&) = delete;
    child_process& operator=(child_process const&) = delete;

    /// To its standard input. What it does not read any more is dropped: its end tells why.
    void write(std::string_view bytes);
    /// Reads what it says until `enough`; false: it has ended before.
    bool read_until(std::function<bool()> const& enough);
    /// Its input ends here. Exit status; 128 + n when signal n ended it.
    int wait();

    /// The end of what it wrote to standard error.
    std::string const& errors() const noexcept { return m_errors; }

private:
    void start(program const& p);
    void watch();
    void begin_waiting() noexcept;
    void turn(std::string_view* to_write);
    void take_output();
    void take_errors();
    void check_time();
    bool ended();
    void abandon() noexcept;
    void end_group() noexcept;
    int reap() noexcept;

    take_bytes m_on_output;
    std::stop_token m_stop;
    std::string m_name;
    pid_t m_pid = -1; ///< also the number of the group; -1: reaped
    file m_process;   ///< readable when it has ended
    struct pipes {
        file input;
        file output;
        file errors;
    } m_pipes; ///< our ends
    std::string m_errors;
    struct timing {
        std::chrono::milliseconds silence;
        std::chrono::milliseconds whole;
        std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
        std::chrono::steady_clock::time_point last_byte = began;
    } m_time;
};

} // namespace notes_export::mirror
