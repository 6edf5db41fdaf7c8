#include "cycles/hook_process.hpp"

#include "cycles/process_group.hpp"

#include <notes_export/environment.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace exportd {

namespace {

// Of our environment, what is ours alone: systemd's channel to us, and a password that `env` would print to the log.
constexpr std::array<std::string_view, 4> withheld{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "PGPASSWORD"};

// What is left in the pipe by a process that went out of the group is not waited for.
constexpr int last_reads = 32;

// While what a shell left behind takes its time to end.
constexpr std::chrono::milliseconds look_interval{20};

// Of a shell that somebody else has waited for. That it went well nobody knows.
constexpr int unknown_status = 255;

void require(int error, char const* what) {
    if (error != 0)
        throw std::system_error{error, std::generic_category(), what};
}

class file_actions {
public:
    file_actions() { require(::posix_spawn_file_actions_init(&m_actions), "prepare the command"); }
    ~file_actions() { ::posix_spawn_file_actions_destroy(&m_actions); }
    file_actions(file_actions const&) = delete;
    file_actions& operator=(file_actions const&) = delete;

    void set(std::filesystem::path const& directory, int output) {
        require(::posix_spawn_file_actions_addopen(&m_actions, 0, "/dev/null", O_RDONLY, 0), "prepare its input");
        require(::posix_spawn_file_actions_adddup2(&m_actions, output, 1), "prepare its output");
        require(::posix_spawn_file_actions_adddup2(&m_actions, output, 2), "prepare its output");
        require(::posix_spawn_file_actions_addchdir_np(&m_actions, directory.c_str()), "prepare its directory");
        // Not all that libraries open is closed on exec; a client of the status page would wait for its end.
        require(::posix_spawn_file_actions_addclosefrom_np(&m_actions, 3), "prepare its descriptors");
    }
    posix_spawn_file_actions_t const* get() const noexcept { return &m_actions; }

private:
    posix_spawn_file_actions_t m_actions{};
};

class attributes {
public:
    attributes() {
        require(::posix_spawnattr_init(&m_attributes), "prepare the command");
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        require(::posix_spawnattr_setsigmask(&m_attributes, &none), "prepare its signals");
        require(::posix_spawnattr_setsigdefault(&m_attributes, &all), "prepare its signals");
        require(::posix_spawnattr_setpgroup(&m_attributes, 0), "prepare its group"); // which signal() is for
        require(::posix_spawnattr_setflags(&m_attributes,
                                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP),
                "prepare its attributes");
    }
    ~attributes() { ::posix_spawnattr_destroy(&m_attributes); }
    attributes(attributes const&) = delete;
    attributes& operator=(attributes const&) = delete;
    posix_spawnattr_t const* get() const noexcept { return &m_attributes; }

private:
    posix_spawnattr_t m_attributes{};
};

pid_t spawn(std::string const& command, std::filesystem::path const& directory,
            std::map<std::string, std::string> const& variables, int output) {
    file_actions files;
    files.set(directory, output);
    attributes const how;
    using notes_export::null_terminated;
    std::vector<std::string> words{"sh", "-c", command};
    auto environment = notes_export::environment_with(variables, withheld);
    pid_t pid = -1;
    require(::posix_spawn(&pid, "/bin/sh", files.get(), how.get(), null_terminated(words).data(),
                          null_terminated(environment).data()),
            "start /bin/sh");
    return pid;
}

} // namespace

hook_process::hook_process(asio::io_context& io, std::string const& command, std::filesystem::path const& directory,
                           std::map<std::string, std::string> const& variables, handlers on)
    : m_output{io}, m_process{io}, m_look{io}, m_on{std::move(on)} {
    std::array<int, 2> ends{};
    require(::pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, "make a pipe");
    m_output.assign(ends[0]);
    asio::posix::stream_descriptor const writing{io, ends[1]};
    m_output.native_non_blocking(true);
    m_pid = spawn(command, directory, variables, ends[1]);
    try {
        watch_process();
        wait_for_output();
    } catch (...) {
        signal(SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
        throw;
    }
}

hook_process::~hook_process() {
    if (m_pid < 0)
        return;
    signal(SIGKILL);
    ::waitpid(m_pid, nullptr, WNOHANG); // a process that even that does not end at once is left to init
}

void hook_process::signal(int number) const noexcept {
    if (m_pid > 0)
        ::kill(-m_pid, number);
}

void hook_process::ask_to_end() const noexcept {
    signal(SIGTERM);
}

void hook_process::kill() noexcept {
    m_killed = true;
    signal(SIGKILL);
}

void hook_process::watch_process() {
    auto const fd = static_cast<int>(::syscall(SYS_pidfd_open, m_pid, 0));
    require(fd < 0 ? errno : 0, "watch the command (with pidfd_open, which old container runtimes refuse)");
    m_process.assign(fd);
    m_process.async_wait(asio::posix::stream_descriptor::wait_read,
                         [this, alive = std::weak_ptr{m_alive}](error_code const& e) {
                             if (e || alive.expired())
                                 return;
                             if (m_killed || !group_lives(m_pid))
                                 return reap();
                             wait_for_group();
                             m_on.lingers();
                         });
}

void hook_process::wait_for_output() {
    m_output.async_wait(asio::posix::stream_descriptor::wait_read,
                        [this, alive = std::weak_ptr{m_alive}](error_code const& e) {
                            if (!e && !alive.expired() && read_output())
                                wait_for_output();
                        });
}

/// Whether there may be more.
bool hook_process::read_output() {
    std::array<char, 4096> bytes;
    auto const n = ::read(m_output.native_handle(), bytes.data(), bytes.size());
    if (n > 0)
        m_on.output({bytes.data(), static_cast<std::size_t>(n)});
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

void hook_process::wait_for_group() {
    m_look.expires_after(look_interval);
    m_look.async_wait([this, alive = std::weak_ptr{m_alive}](error_code const& e) {
        if (e || alive.expired())
            return;
        if (m_killed || !group_lives(m_pid))
            reap();
        else
            wait_for_group();
    });
}

// Until the shell is waited for, no other group can get its number.
void hook_process::reap() {
    signal(SIGKILL);
    int status = 0;
    pid_t waited = 0;
    while ((waited = ::waitpid(m_pid, &status, 0)) < 0 && errno == EINTR) {
    }
    m_pid = -1;
    for (int i = 0; i < last_reads && read_output(); ++i) {
    }
    auto const ended = m_on.ended; // may destroy this object
    if (waited < 0)
        ended(unknown_status);
    else
        ended(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

} // namespace exportd
