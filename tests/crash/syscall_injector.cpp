#include "crash/syscall_injector.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <fstream>
#include <future>
#include <linux/audit.h>
#include <linux/filter.h>
#include <memory>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace test {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t this_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t this_architecture = AUDIT_ARCH_AARCH64;
#else
#error "name the audit architecture of this machine"
#endif

[[noreturn]] void fail(char const* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

std::vector<sock_filter> filter_program() {
    std::vector<sock_filter> program{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, this_architecture, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    };
    for (auto const number : watched_numbers()) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    return program;
}

/// Filters the calling thread, for good, and all that it starts.
int install_filter() {
    auto program = filter_program();
    sock_fprog const loaded{static_cast<unsigned short>(program.size()), program.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail("prctl(PR_SET_NO_NEW_PRIVS)");
    auto const listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &loaded);
    if (listener < 0)
        fail("seccomp(SECCOMP_FILTER_FLAG_NEW_LISTENER)");
    return static_cast<int>(listener);
}

// The kernel may know longer structures than our headers.
template <class T>
std::unique_ptr<T, void (*)(void*)> notification(std::uint16_t seccomp_notif_sizes::*kernel_size) {
    seccomp_notif_sizes sizes{};
    if (::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0)
        fail("seccomp(SECCOMP_GET_NOTIF_SIZES)");
    return {static_cast<T*>(std::calloc(1, std::max<std::size_t>(sizes.*kernel_size, sizeof(T)))), std::free};
}

pid_t thread_group(pid_t task) {
    std::ifstream status{"/proc/" + std::to_string(task) + "/status"};
    for (std::string word; status >> word;)
        if (pid_t process = 0; word == "Tgid:" && status >> process)
            return process;
    return -1; // gone
}

/// A descriptor of another process, as our own.
class borrowed {
public:
    borrowed(pid_t process, int theirs) {
        int const handle = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
        m_fd = static_cast<int>(::syscall(SYS_pidfd_getfd, handle, theirs, 0));
        ::close(handle);
    }
    ~borrowed() { ::close(m_fd); }
    borrowed(borrowed const&) = delete;
    borrowed& operator=(borrowed const&) = delete;
    int fd() const noexcept { return m_fd; }

private:
    int m_fd;
};

/// Writes the first half for the program; the number of bytes, or -errno. Its file offset is the same as ours.
std::int64_t write_half(seccomp_notif const& asked, pid_t process) {
    auto const task = static_cast<pid_t>(asked.pid);
    borrowed const file{process, static_cast<int>(asked.data.args[0])};
    auto const half = std::max<std::size_t>(1, static_cast<std::size_t>(asked.data.args[2]) / 2);
    auto const bytes = read_memory(task, asked.data.args[1], half);
    auto const written = ::write(file.fd(), bytes.data(), bytes.size());
    return written < 0 ? -errno : written;
}

// What is left under the number is harmless; locks and references go with the descriptor that was there.
void close_for(seccomp_notif const& asked, int listener) {
    int const nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    seccomp_notif_addfd replacement{};
    replacement.id = asked.id;
    replacement.flags = SECCOMP_ADDFD_FLAG_SETFD;
    replacement.srcfd = static_cast<std::uint32_t>(nothing);
    replacement.newfd = static_cast<std::uint32_t>(asked.data.args[0]);
    replacement.newfd_flags = O_CLOEXEC;
    ::ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &replacement);
    ::close(nothing);
}

} // namespace

syscall_injector::syscall_injector(std::filesystem::path const& tree, fault_plan plan)
    : m_tree{std::filesystem::canonical(tree.parent_path()) / tree.filename()}, m_plan{std::move(plan)} {
    if (::pipe2(m_stop, O_CLOEXEC) != 0)
        fail("pipe2");
}

syscall_injector::~syscall_injector() {
    ::close(m_stop[1]);
    if (m_supervisor.joinable())
        m_supervisor.join();
    ::close(m_stop[0]);
    if (m_listener >= 0)
        ::close(m_listener);
}

void syscall_injector::watch(std::function<void()> const& start) {
    std::exception_ptr failure;
    std::promise<int> listener;
    auto installed = listener.get_future();
    std::thread starter{[&] {
        try {
            listener.set_value(install_filter());
            start();
        } catch (...) { // carried to the calling thread
            failure = std::current_exception();
            if (installed.wait_for(std::chrono::seconds{0}) != std::future_status::ready)
                listener.set_value(-1);
        }
    }};
    // Not from the filtered thread: it would be filtered too, and wait for itself.
    m_listener = installed.get();
    if (m_listener >= 0)
        m_supervisor = std::thread{[this] { supervise(); }};
    starter.join();
    if (failure)
        std::rethrow_exception(failure);
}

void syscall_injector::set_plan(fault_plan plan) {
    std::scoped_lock const lock{m_mutex};
    m_plan = std::move(plan);
}

std::vector<watched_call> syscall_injector::trace() const {
    std::scoped_lock const lock{m_mutex};
    return m_trace;
}

std::optional<watched_call> syscall_injector::hit() const {
    std::scoped_lock const lock{m_mutex};
    auto const call = std::ranges::find(m_trace, true, &watched_call::injected);
    return call == m_trace.end() ? std::nullopt : std::optional{*call};
}

void syscall_injector::supervise() {
    auto const asked = notification<seccomp_notif>(&seccomp_notif_sizes::seccomp_notif);
    auto const given = notification<seccomp_notif_resp>(&seccomp_notif_sizes::seccomp_notif_resp);
    pollfd events[2] = {{m_listener, POLLIN, 0}, {m_stop[0], POLLIN, 0}};
    // Ends when told so, or when the last filtered process is gone.
    while (::poll(events, 2, -1) >= 0 || errno == EINTR) {
        if (events[1].revents != 0 || (events[0].revents & POLLHUP) != 0)
            return;
        *asked = {}; // the kernel wants zeroes
        // ENOENT: it was killed before we could look.
        if ((events[0].revents & POLLIN) != 0 && ::ioctl(m_listener, SECCOMP_IOCTL_NOTIF_RECV, asked.get()) == 0)
            answer(*asked, *given);
    }
}

// A number that another program's thread gets later is not met: all that is watched is one program.
pid_t syscall_injector::process_of(pid_t task) {
    auto const [entry, unknown] = m_processes.try_emplace(task, -1);
    if (unknown)
        entry->second = thread_group(task);
    return entry->second;
}

void syscall_injector::answer(seccomp_notif const& asked, seccomp_notif_resp& given) {
    given = {};
    given.id = asked.id;
    given.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    auto call = read_call(asked, m_tree);
    auto const process = call ? process_of(static_cast<pid_t>(asked.pid)) : -1;
    if (process > 0 && process != ::getpid()) {
        auto const f = decide(std::move(*call));
        if (f.what == fault::kind::kill) {
            ::kill(process, SIGKILL);
            return; // the dying thread waits for no answer
        }
        inject(asked, f, given);
    }
    // ENOENT: it was killed while we looked.
    ::ioctl(m_listener, SECCOMP_IOCTL_NOTIF_SEND, &given);
}

fault syscall_injector::decide(watched_call call) {
    std::scoped_lock const lock{m_mutex};
    call.number = m_trace.size() + 1;
    auto const f = m_plan ? m_plan(call) : fault{};
    call.injected = f.what != fault::kind::none;
    call.error = f.what == fault::kind::fail ? f.error : 0;
    call.killed = f.what == fault::kind::kill;
    m_trace.push_back(std::move(call));
    return f;
}

void syscall_injector::inject(seccomp_notif const& asked, fault const& f, seccomp_notif_resp& given) {
    if (f.what == fault::kind::none)
        return;
    given.flags = 0;
    if (f.what == fault::kind::fail) {
        if (asked.data.nr == SYS_close)
            close_for(asked, m_listener);
        given.error = -f.error;
        return;
    }
    auto const written = write_half(asked, process_of(static_cast<pid_t>(asked.pid)));
    given.val = std::max<std::int64_t>(written, 0);
    given.error = static_cast<int>(std::min<std::int64_t>(written, 0));
}

} // namespace test
