#include "notes_export/remedy.hpp"

#include <array>
#include <cerrno>
#include <optional>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace notes_export {

namespace {

// In a user namespace of its own, as under PrivateUsers=, everybody else looks like this one.
constexpr uid_t nobody = 65534;

std::string user_name(uid_t uid) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> text{};
    bool const known = ::getpwuid_r(uid, &entry, text.data(), text.size(), &found) == 0 && found != nullptr;
    return known ? entry.pw_name : "user " + std::to_string(uid);
}

std::string owner_name(uid_t uid) {
    return uid == nobody ? "another user, such as root" : user_name(uid);
}

struct existing {
    std::filesystem::path path;
    uid_t owner;
    mode_t mode;
};

std::optional<existing> look(std::filesystem::path const& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return std::nullopt;
    return existing{path, info.st_uid, info.st_mode};
}

/// The path and all above it, as far as they exist; the lowest first.
std::vector<existing> chain_of(std::filesystem::path path) {
    std::vector<existing> chain;
    for (;; path = path.parent_path()) {
        if (auto found = look(path))
            chain.push_back(std::move(*found));
        if (!path.has_relative_path())
            return chain;
    }
}

// Below a directory of ours the highest that is not ours was left by somebody; where nothing above is ours, only the
// lowest is certain to be meant for us.
std::optional<existing> left_by_another(std::vector<existing> const& chain, uid_t us) {
    auto foreign = chain.end();
    for (auto at = chain.begin(); at != chain.end(); ++at) {
        if (at->owner != us)
            foreign = at;
        else if (foreign != chain.end())
            return *foreign;
    }
    if (!chain.empty() && chain.front().owner != us)
        return chain.front();
    return std::nullopt;
}

std::string about_rights(std::vector<existing> const& chain) {
    auto const us = ::geteuid();
    if (auto const other = left_by_another(chain, us)) {
        auto const who = user_name(us);
        return other->path.string() + " belongs to " + owner_name(other->owner) + ", and this process runs as " + who +
               ": chown -R " + who + ": " + other->path.string();
    }
    for (auto const& e : chain)
        if (S_ISDIR(e.mode) && e.owner == us && (e.mode & 0300) != 0300)
            return "its owner may not write to " + e.path.string() + ": chmod u+rwx " + e.path.string();
    return "";
}

std::string about(int error, std::filesystem::path const& path) {
    if (error == EROFS) {
        auto const chain = chain_of(path);
        return "nothing can be written there: the service may write only below what its unit names, so add "
               "ReadWritePaths= for the directory (systemctl edit osm-notes-exportd); outside the service, the file "
               "system of " +
               (chain.empty() ? path : chain.front().path).string() + " is mounted read-only";
    }
    return error == EACCES || error == EPERM ? about_rights(chain_of(path)) : "";
}

} // namespace

std::string remedy(int error, std::filesystem::path const& path) noexcept {
    try {
        return path.is_absolute() ? about(error, path) : "";
    } catch (std::exception const&) { // out of memory: the error itself is told
        return "";
    }
}

std::string remedy_remark(int error, std::filesystem::path const& path) noexcept {
    auto const text = remedy(error, path);
    return text.empty() ? text : " (" + text + ')';
}

} // namespace notes_export
