#include "crash/watched_call.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace test {

namespace {

/// Where a call's arguments say which file it is about.
enum class shape { descriptor, path, path_at, rename, rename_at, message };

struct call_kind {
    long number;
    char const* name;
    shape where;
    int flags = -1; ///< argument that holds O_CREAT and the like
};

// The older calls without a directory descriptor exist on x86-64 only.
constexpr std::array kinds{
    call_kind{SYS_write, "write", shape::descriptor},
    call_kind{SYS_pwrite64, "pwrite64", shape::descriptor},
    call_kind{SYS_writev, "writev", shape::descriptor},
    call_kind{SYS_ftruncate, "ftruncate", shape::descriptor},
    call_kind{SYS_fchmod, "fchmod", shape::descriptor},
    call_kind{SYS_fsync, "fsync", shape::descriptor},
    call_kind{SYS_fdatasync, "fdatasync", shape::descriptor},
    call_kind{SYS_syncfs, "syncfs", shape::descriptor},
    call_kind{SYS_getdents64, "getdents64", shape::descriptor},
    call_kind{SYS_close, "close", shape::descriptor},
    call_kind{SYS_openat, "openat", shape::path_at, 2},
    call_kind{SYS_openat2, "openat2", shape::path_at},
    call_kind{SYS_mkdirat, "mkdirat", shape::path_at},
    call_kind{SYS_unlinkat, "unlinkat", shape::path_at},
    call_kind{SYS_renameat2, "renameat2", shape::rename_at},
    call_kind{SYS_sendto, "sendto", shape::message},
#ifdef SYS_renameat
    call_kind{SYS_renameat, "renameat", shape::rename_at},
#endif
#ifdef SYS_open
    call_kind{SYS_open, "open", shape::path, 1},
    call_kind{SYS_mkdir, "mkdir", shape::path},
    call_kind{SYS_rmdir, "rmdir", shape::path},
    call_kind{SYS_unlink, "unlink", shape::path},
    call_kind{SYS_rename, "rename", shape::rename},
#endif
};

std::filesystem::path link_of(pid_t task, std::string const& name) {
    std::error_code gone;
    return std::filesystem::read_symlink("/proc/" + std::to_string(task) + '/' + name, gone);
}

std::filesystem::path descriptor_path(pid_t task, std::uint64_t argument) {
    int const fd = static_cast<int>(argument);
    return link_of(task, fd == AT_FDCWD ? "cwd" : "fd/" + std::to_string(fd));
}

std::filesystem::path argument_path(pid_t task, std::uint64_t directory, std::uint64_t text) {
    auto bytes = read_memory(task, text, PATH_MAX);
    std::filesystem::path path{bytes.substr(0, bytes.find('\0'))};
    if (path.is_relative())
        path = descriptor_path(task, directory) / path;
    path = path.lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

/// nullopt when it is not in the tree.
std::optional<std::string> below(std::filesystem::path const& tree, std::filesystem::path const& path) {
    auto const& root = tree.native();
    auto const& text = path.native();
    if (text == root)
        return "";
    if (text.size() > root.size() && text.starts_with(root) && text[root.size()] == '/')
        return text.substr(root.size() + 1);
    return std::nullopt;
}

std::optional<watched_call> read_message(seccomp_notif const& asked, watched_call call) {
    // Only sockets send; what matters of the text is near its beginning.
    constexpr std::uint64_t enough = 4096;
    auto const text = read_memory(static_cast<pid_t>(asked.pid), asked.data.args[1],
                                  static_cast<std::size_t>(std::min<std::uint64_t>(asked.data.args[2], enough)));
    call.message = true;
    call.marks = text.find("SET json_exported = TRUE") != std::string::npos;
    return call;
}

} // namespace

std::string read_memory(pid_t task, std::uint64_t address, std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t used = 0;
    // By pages: a text may end just before one that is not there.
    while (used < size) {
        auto const from = address + used;
        iovec const ours{bytes.data() + used, std::min<std::size_t>(size - used, 4096 - from % 4096)};
        iovec const theirs{reinterpret_cast<void*>(from), ours.iov_len};
        auto const n = ::process_vm_readv(task, &ours, 1, &theirs, 1, 0);
        if (n <= 0)
            break;
        used += static_cast<std::size_t>(n);
    }
    bytes.resize(used);
    return bytes;
}

std::vector<long> watched_numbers() {
    std::vector<long> numbers;
    for (auto const& kind : kinds)
        numbers.push_back(kind.number);
    return numbers;
}

std::optional<watched_call> read_call(seccomp_notif const& asked, std::filesystem::path const& tree) {
    auto const kind = std::ranges::find(kinds, asked.data.nr, &call_kind::number);
    if (kind == kinds.end())
        return std::nullopt;
    auto const task = static_cast<pid_t>(asked.pid);
    auto const& args = asked.data.args;
    constexpr auto here = static_cast<std::uint64_t>(AT_FDCWD);
    watched_call call;
    call.name = kind->name;
    auto const flags = kind->flags >= 0 ? args[kind->flags] : 0;
    call.creates = (flags & O_CREAT) != 0;
    call.truncates = (flags & O_TRUNC) != 0;
    std::optional<std::string> path;
    std::optional<std::string> target;
    switch (kind->where) {
    case shape::message:
        return read_message(asked, std::move(call));
    case shape::descriptor:
        path = below(tree, descriptor_path(task, args[0]));
        break;
    case shape::path:
        path = below(tree, argument_path(task, here, args[0]));
        break;
    case shape::path_at:
        path = below(tree, argument_path(task, args[0], args[1]));
        break;
    case shape::rename:
        path = below(tree, argument_path(task, here, args[0]));
        target = below(tree, argument_path(task, here, args[1]));
        break;
    case shape::rename_at:
        path = below(tree, argument_path(task, args[0], args[1]));
        target = below(tree, argument_path(task, args[2], args[3]));
        break;
    }
    if (!path && !target)
        return std::nullopt;
    call.path = path.value_or("");
    call.target = target.value_or("");
    return call;
}

} // namespace test
