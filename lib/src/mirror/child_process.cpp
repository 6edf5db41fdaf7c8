#include "mirror/child_process.hpp"

#include "notes_export/environment.hpp"
#include "notes_export/error.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace notes_export::mirror {

namespace {

using std::chrono::steady_clock;

// A stop request is seen after this time at the latest.
constexpr int tick_ms = 50;
// Between SIGTERM and SIGKILL: enough for git to remove its lock files.
constexpr std::chrono::milliseconds grace{1'000};
// A path and a reason are at the end of what a program says.
constexpr std::size_t most_errors = std::size_t{16} * 1024;
constexpr std::size_t block = std::size_t{64} * 1024;
constexpr int cannot_start = 127;

void require(bool good, char const* what) {
    if (!good)
        throw std::system_error{errno, std::generic_category(), what};
}

struct ends {
    file ours;
    file theirs;
};

// A socket: writing to one whose other side is gone gives an error, where a pipe gives SIGPIPE.
ends input_ends() {
    std::array<int, 2> both{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()) == 0, "make a socket pair");
    return {file{both[0]}, file{both[1]}};
}

ends output_ends() {
    std::array<int, 2> both{};
    require(::pipe2(both.data(), O_CLOEXEC) == 0, "make a pipe");
    return {file{both[0]}, file{both[1]}};
}

void do_not_block(file const& f) {
    require(::fcntl(f.fd(), F_SETFL, ::fcntl(f.fd(), F_GETFL) | O_NONBLOCK) == 0, "prepare a pipe");
}

/// In the child: only what may be called between fork and exec.
struct child_side {
    std::array<int, 3> standard;
    int failure;
    pid_t parent;
    char const* directory;
    char* const* words;
    char* const* environment;

    [[noreturn]] void run() const {
        ::setpgid(0, 0);
        // git removes its locks at SIGTERM; what it has started ends with its pipes.
        if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || ::getppid() != parent)
            ::_exit(cannot_start);
        for (int number = 1; number < NSIG; ++number)
            ::signal(number, SIG_DFL); // NOLINT(cert-err33-c): some cannot be set
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        // The pipe for a failure is above those three, and closed by exec.
        bool good = ::chdir(directory) == 0;
        for (int fd = 0; fd < 3; ++fd)
            good = good && ::dup2(standard[static_cast<std::size_t>(fd)], fd) == fd;
        if (good)
            ::execvpe(words[0], words, environment);
        int const error = errno;
        [[maybe_unused]] auto const told = ::write(failure, &error, sizeof error);
        ::_exit(cannot_start);
    }
};

/// Waits until exec has worked or not. 0, or why not.
int error_of_exec(file const& told_by_child) {
    int error = 0;
    ssize_t told = 0;
    while ((told = ::read(told_by_child.fd(), &error, sizeof error)) < 0 && errno == EINTR) {
    }
    return told == sizeof error ? error : 0;
}

} // namespace

child_process::child_process(program const& p, take_bytes on_output, std::stop_token stop)
    : m_on_output{std::move(on_output)}, m_stop{std::move(stop)}, m_name{p.words.at(0)}, m_time{p.silence, p.whole} {
    try {
        start(p);
    } catch (...) {
        abandon();
        throw;
    }
}

child_process::~child_process() {
    abandon();
}

void child_process::abandon() noexcept {
    if (m_pid > 0)
        end_group();
}

void child_process::start(program const& p) {
    auto in = input_ends();
    auto out = output_ends();
    auto err = output_ends();
    auto failure = output_ends();
    auto words = p.words;
    auto environment = environment_with(p.variables, p.without);
    auto const word_pointers = null_terminated(words);
    auto const environment_pointers = null_terminated(environment);
    child_side const child{{in.theirs.fd(), out.theirs.fd(), err.theirs.fd()},
                           failure.theirs.fd(),
                           ::getpid(),
                           p.directory.c_str(),
                           word_pointers.data(),
                           environment_pointers.data()};
    m_pid = ::fork();
    require(m_pid >= 0, "start a program");
    if (m_pid == 0)
        child.run();
    ::setpgid(m_pid, m_pid); // whoever is first
    failure.theirs.reset();
    if (int const error = error_of_exec(failure.ours); error != 0) {
        reap();
        throw program_not_started{error, std::generic_category(), "start " + m_name};
    }
    m_pipes = {std::move(in.ours), std::move(out.ours), std::move(err.ours)};
    watch();
}

/// From here on its end is seen, and nothing waits for its pipes.
void child_process::watch() {
    m_process = file{static_cast<int>(::syscall(SYS_pidfd_open, m_pid, 0))};
    if (!m_process)
        throw program_not_started{errno, std::generic_category(), "watch " + m_name + " with pidfd_open"};
    for (auto const* f : {&m_pipes.input, &m_pipes.output, &m_pipes.errors})
        do_not_block(*f);
}

// What we did meanwhile is no silence of the program.
void child_process::begin_waiting() noexcept {
    m_time.last_byte = steady_clock::now();
}

void child_process::write(std::string_view bytes) {
    begin_waiting();
    while (!bytes.empty() && m_pipes.input)
        turn(&bytes);
}

bool child_process::read_until(std::function<bool()> const& enough) {
    begin_waiting();
    while (!enough()) {
        if (!m_pipes.output)
            return false;
        turn(nullptr);
    }
    return true;
}

int child_process::wait() {
    begin_waiting();
    m_pipes.input.reset();
    // What a process that left the group keeps open is not waited for.
    while (!ended())
        turn(nullptr);
    take_output();
    take_errors();
    return reap();
}

bool child_process::ended() {
    if (!m_pipes.output && !m_pipes.errors && m_process) {
        // Both are closed: its end is near.
        pollfd end{m_process.fd(), POLLIN, 0};
        if (::poll(&end, 1, tick_ms) == 0) {
            check_time();
            return false;
        }
        return true;
    }
    pollfd end{m_process.fd(), POLLIN, 0};
    return ::poll(&end, 1, 0) == 1;
}

/// Waits for one of the descriptors, at most for a tick, and serves it. Nothing waits longer than it may.
void child_process::turn(std::string_view* to_write) {
    std::array<pollfd, 4> all{{{m_process.fd(), POLLIN, 0},
                               {m_pipes.output.fd(), POLLIN, 0},
                               {m_pipes.errors.fd(), POLLIN, 0},
                               {to_write != nullptr ? m_pipes.input.fd() : -1, POLLOUT, 0}}};
    int const ready = ::poll(all.data(), all.size(), tick_ms);
    check_time();
    if (ready <= 0)
        return;
    if (all[1].revents != 0)
        take_output();
    if (all[2].revents != 0)
        take_errors();
    if (all[3].revents != 0) {
        auto const n = ::send(m_pipes.input.fd(), to_write->data(), to_write->size(), MSG_NOSIGNAL);
        if (n > 0) {
            to_write->remove_prefix(static_cast<std::size_t>(n));
            m_time.last_byte = steady_clock::now();
        } else if (errno != EAGAIN && errno != EINTR) {
            m_pipes.input.reset();
        }
    } else if (all[0].revents != 0 && to_write != nullptr) {
        m_pipes.input.reset(); // nobody is left to read it
    } else if (all[0].revents != 0) {
        take_output();
        take_errors();
        m_pipes.output.reset();
    }
}

void child_process::take_output() {
    std::array<char, block> bytes;
    while (m_pipes.output) {
        auto const n = ::read(m_pipes.output.fd(), bytes.data(), bytes.size());
        if (n == 0)
            m_pipes.output.reset();
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        m_time.last_byte = steady_clock::now();
        m_on_output({bytes.data(), static_cast<std::size_t>(n)});
        check_time();
    }
}

void child_process::take_errors() {
    std::array<char, 4096> bytes;
    while (m_pipes.errors) {
        auto const n = ::read(m_pipes.errors.fd(), bytes.data(), bytes.size());
        if (n == 0)
            m_pipes.errors.reset();
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        m_time.last_byte = steady_clock::now();
        m_errors.append(bytes.data(), static_cast<std::size_t>(n));
        if (m_errors.size() > 2 * most_errors)
            m_errors.erase(0, m_errors.size() - most_errors);
        check_time();
    }
}

void child_process::check_time() {
    if (m_stop.stop_requested())
        throw cancelled{"stopped while " + m_name + " was running"};
    auto const now = steady_clock::now();
    auto const seconds = [](std::chrono::milliseconds time) { return std::to_string(time.count() / 1000) + " s"; };
    if (now - m_time.last_byte >= m_time.silence)
        throw program_overdue{"no sign of life for " + seconds(m_time.silence)};
    if (m_time.whole.count() > 0 && now - m_time.began >= m_time.whole)
        throw program_overdue{"not done after " + seconds(m_time.whole)};
}

void child_process::end_group() noexcept {
    ::kill(-m_pid, SIGTERM);
    // Without our ends of its pipes nothing keeps it from ending.
    m_pipes.input.reset();
    m_pipes.output.reset();
    m_pipes.errors.reset();
    auto const end = steady_clock::now() + grace;
    while (m_process && steady_clock::now() < end) {
        pollfd gone{m_process.fd(), POLLIN, 0};
        if (::poll(&gone, 1, tick_ms) == 1)
            break;
    }
    reap();
}

// Until it is waited for, no other group can get its number.
int child_process::reap() noexcept {
    ::kill(-m_pid, SIGKILL);
    int status = 0;
    pid_t waited = 0;
    while ((waited = ::waitpid(m_pid, &status, 0)) < 0 && errno == EINTR) {
    }
    m_pid = -1;
    if (waited < 0)
        return cannot_start;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace notes_export::mirror
