#pragma once

#include "cycles/pace.hpp"

#include <notes_export/cycle.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>

namespace exportd {

/**
 * Shows on stderr how far a command has come: on a terminal one line that is painted again and again, elsewhere (also
 * with TERM=dumb) a line every ten seconds. Work that is shorter than a blink, or than those ten seconds, shows
 * nothing. Colours unless NO_COLOR is set.
 *
 * Nothing of the line is left when this object goes. One at a time in a process.
 * Thread: any.
 */
class progress_bar {
public:
    /// `what` is counted; `doing` is a word for the work, which otherwise is that of the phase. Literals.
    explicit progress_bar(std::string_view what = "rows", std::string_view doing = {});
    ~progress_bar();
    progress_bar(progress_bar const&) = delete;
    progress_bar& operator=(progress_bar const&) = delete;

    /// Does not wait for a terminal that takes nothing.
    void at(notes_export::work_progress const& p);
    /// Prints something else to stderr meanwhile: the line is out of the way.
    void aside(std::function<void()> const& print);
    /// The same to stdout, which may be another terminal, or none.
    void on_stdout(std::function<void()> const& print);

    /// The work has ended: takes the line away, and none comes any more. The result is printed after this.
    void over();

    /// Before the process is left at once: takes the line away, and none comes any more.
    static void wipe_before_exit() noexcept;

private:
    void paint_until(std::stop_token const& stop);
    void paint();
    void wipe() noexcept;

    /// What it shows and where, from its beginning to its end.
    struct shown {
        std::string_view what;
        std::string_view doing;
        bool stderr_is_painted;
        bool with_colour;
        bool stdout_is_terminal;
        std::chrono::steady_clock::time_point since;
    };
    shown const m_shown;
    std::timed_mutex m_mutex;
    std::condition_variable_any m_changed;
    notes_export::work_progress m_at;
    pace m_pace;
    bool m_on_screen = false;
    std::atomic<bool> m_over{false};
    std::jthread m_painter;
};

} // namespace exportd
