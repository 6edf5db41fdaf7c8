#include "system_user.hpp"

#include <cerrno>
#include <cstdlib>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace exportd {

namespace {

[[noreturn]] void fail(std::string const& what) {
    throw std::system_error{errno, std::generic_category(), what};
}

/// `look` is getpwnam_r() or getpwuid_r() with what it looks for.
template <class Look>
std::optional<file_owner> looked_up(Look const& look) {
    constexpr std::size_t longest = 1U << 20;
    std::vector<char> buffer(16384);
    passwd entry{};
    passwd* found = nullptr;
    int error = 0;
    while ((error = look(&entry, buffer.data(), buffer.size(), &found)) == ERANGE && buffer.size() < longest)
        buffer.resize(buffer.size() * 2);
    if (error != 0 || found == nullptr)
        return std::nullopt;
    return file_owner{found->pw_uid, found->pw_gid, found->pw_name, found->pw_dir};
}

file_owner numbered(uid_t uid, gid_t gid) {
    auto const known = looked_up([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
        return ::getpwuid_r(uid, entry, buffer, size, found);
    });
    return known.value_or(file_owner{uid, gid, '#' + std::to_string(uid), ""});
}

void set_or_clear(char const* variable, std::string const& value) {
    if ((value.empty() ? ::unsetenv(variable) : ::setenv(variable, value.c_str(), 1)) != 0)
        fail(std::string{"set "} + variable);
}

} // namespace

bool file_owner::is_caller() const noexcept {
    return ::geteuid() == uid;
}

std::optional<file_owner> user_named(std::string const& name) {
    return looked_up([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
        return ::getpwnam_r(name.c_str(), entry, buffer, size, found);
    });
}

std::optional<file_owner> owner_of(std::filesystem::path const& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? std::optional{numbered(info.st_uid, info.st_gid)} : std::nullopt;
}

file_owner caller() {
    return numbered(::geteuid(), ::getegid());
}

// In this order: each step takes away the right to do the one before.
void become(file_owner const& user) {
    auto const groups = user.home.empty() ? ::setgroups(1, &user.gid) : ::initgroups(user.name.c_str(), user.gid);
    if (groups != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 || ::setresuid(user.uid, user.uid, user.uid) != 0)
        fail("become " + user.name);
    if (user.uid != 0 && ::setuid(0) == 0)
        throw std::system_error{EPERM, std::generic_category(), "become " + user.name + " for good"};
    // What changed its user is closed to that user in /proc, where the daemon counts its own descriptors.
    if (::prctl(PR_SET_DUMPABLE, 1) != 0)
        fail("open /proc/self to " + user.name);
    set_or_clear("HOME", user.home);
    set_or_clear("USER", user.home.empty() ? "" : user.name);
    set_or_clear("LOGNAME", user.home.empty() ? "" : user.name);
}

} // namespace exportd
