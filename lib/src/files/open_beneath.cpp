#include "files/open_beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace notes_export {

int open_beneath(int root, std::string const& path, std::uint64_t flags) noexcept {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    // A rename across mounts fails, also between two bind mounts of one file system. Refusing to enter them shows it
    // before anything is published.
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

} // namespace notes_export
