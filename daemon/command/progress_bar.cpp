#include "command/progress_bar.hpp"

#include "command/terminal.hpp"
#include "status/progress_text.hpp"

#include <cerrno>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds first_paint{300};
constexpr std::chrono::milliseconds between_paints{200};
constexpr std::chrono::seconds between_lines{10};
constexpr std::chrono::milliseconds patience_at_exit{200};
constexpr std::size_t usual_columns = 80;

std::timed_mutex its_life; ///< while it is held, the_bar stays
progress_bar* the_bar = nullptr;

// It may be made wider or narrower at any time.
std::size_t columns() {
    winsize size{};
    bool const known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : usual_columns;
}

// A terminal that is gone shows nothing; the work goes on.
void write_out(std::string_view text) noexcept {
    while (!text.empty()) {
        auto const n = ::write(STDERR_FILENO, text.data(), text.size());
        if (n < 0 && errno != EINTR)
            return;
        text.remove_prefix(n < 0 ? 0 : static_cast<std::size_t>(n));
    }
}

} // namespace

progress_bar::progress_bar(std::string_view what, std::string_view doing)
    : m_shown{what,
              doing,
              obeys_control_sequences(STDERR_FILENO),
              shows_colours(STDERR_FILENO),
              ::isatty(STDOUT_FILENO) == 1,
              clock::now()} {
    m_painter = std::jthread{[this](std::stop_token const& stop) { paint_until(stop); }};
    std::scoped_lock const lock{its_life};
    the_bar = this;
}

progress_bar::~progress_bar() {
    {
        std::scoped_lock const lock{its_life};
        the_bar = nullptr;
    }
    m_painter.request_stop();
    m_painter.join();
    wipe();
}

void progress_bar::at(notes_export::work_progress const& p) {
    std::unique_lock const lock{m_mutex, std::try_to_lock};
    if (!lock)
        return;
    m_at = p;
    m_pace.at(clock::now(), p.done);
}

void progress_bar::aside(std::function<void()> const& print) {
    std::scoped_lock const lock{m_mutex};
    wipe();
    print();
}

void progress_bar::on_stdout(std::function<void()> const& print) {
    if (m_shown.stdout_is_terminal)
        aside(print);
    else
        print();
}

void progress_bar::over() {
    m_over = true;
    std::unique_lock const lock{m_mutex, patience_at_exit};
    if (lock) // else a terminal that takes nothing
        wipe();
}

void progress_bar::paint_until(std::stop_token const& stop) {
    std::unique_lock lock{m_mutex};
    std::chrono::milliseconds wait = m_shown.stderr_is_painted ? first_paint : between_lines;
    while (!m_changed.wait_for(lock, stop, wait, [] { return false; }) && !stop.stop_requested()) {
        paint();
        wait = m_shown.stderr_is_painted ? between_paints : between_lines;
    }
}

// The cursor goes back to the beginning: whatever else is printed begins there.
void progress_bar::paint() {
    if (m_over)
        return;
    auto const elapsed = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - m_shown.since);
    progress_figures const f{m_at, elapsed, m_pace.rate(), m_pace.left(m_at.of), m_shown.what, m_shown.doing};
    if (!m_shown.stderr_is_painted)
        return write_out(progress_text(f) + '\n');
    write_out('\r' + progress_line(f, columns(), m_shown.with_colour) + "\033[K\r");
    m_on_screen = true;
}

void progress_bar::wipe() noexcept {
    if (std::exchange(m_on_screen, false))
        write_out("\r\033[K");
}

void progress_bar::wipe_before_exit() noexcept {
    std::unique_lock const alive{its_life, patience_at_exit};
    if (!alive || the_bar == nullptr)
        return;
    std::unique_lock const lock{the_bar->m_mutex, patience_at_exit};
    if (!lock) // a terminal that takes nothing
        return;
    the_bar->m_over = true;
    the_bar->wipe();
}

} // namespace exportd
