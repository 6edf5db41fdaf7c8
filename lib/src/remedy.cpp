#include "notes_export/remedy.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace notes_export {

namespace {

// In a user namespace of its own, as under PrivateUsers=, everybody else looks like this one.
constexpr uid_t nobody = 65534;

/// As chown(1) takes it: a number where there is no name.
std::string user_word(uid_t uid) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> text{};
    bool const known = ::getpwuid_r(uid, &entry, text.data(), text.size(), &found) == 0 && found != nullptr;
    return known ? entry.pw_name : std::to_string(uid);
}

std::string user_name(uid_t uid) {
    auto word = user_word(uid);
    return word == std::to_string(uid) ? "user " + word : word;
}

std::string group_name(gid_t gid) {
    group entry{};
    group* found = nullptr;
    std::array<char, 16384> text{};
    bool const known = ::getgrgid_r(gid, &entry, text.data(), text.size(), &found) == 0 && found != nullptr;
    return known ? entry.gr_name : std::to_string(gid);
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

/// The one that would have to be ours: what is private stands directly below the root of the tree.
std::filesystem::path directory_for(std::filesystem::path const& path, place what) {
    std::filesystem::path root;
    for (auto const& name : path) {
        if (name == ".exportd")
            return root;
        root /= name;
    }
    bool const is_file = what == place::file || (what == place::by_name && path.has_extension());
    return is_file ? path.parent_path() : path;
}

// Below a directory of ours the highest that is not ours was left by somebody.
std::optional<existing> left_by_another(std::vector<existing> const& chain, uid_t us) {
    auto foreign = chain.end();
    for (auto at = chain.begin(); at != chain.end(); ++at) {
        if (at->owner != us)
            foreign = at;
        else if (foreign != chain.end())
            return *foreign;
    }
    return std::nullopt;
}

bool can_be_passed(std::filesystem::path const& directory) {
    return ::faccessat(AT_FDCWD, directory.c_str(), X_OK, AT_EACCESS) == 0;
}

std::string make_for_us(std::filesystem::path const& directory) {
    return "install -d -o " + user_word(::geteuid()) + " -g " + group_name(::getegid()) + ' ' + directory.string();
}

// It may be a place of the system: what else is in it is nobody's to give away.
std::string have_own_directory(existing const& lowest, std::filesystem::path const& path, place what) {
    if (S_ISDIR(lowest.mode) && !can_be_passed(lowest.path))
        return "choose another place, as that one is not open to others";
    auto const directory = directory_for(path, what);
    if (!look(directory))
        return make_for_us(directory);
    return "choose a place in a directory of its own, such as one made by: " +
           make_for_us(directory / "osm-notes-exportd");
}

std::string about_rights(std::vector<existing> const& chain, std::filesystem::path const& path, place what) {
    auto const us = ::geteuid();
    auto const belongs = [us](existing const& e) {
        return e.path.string() + " belongs to " + owner_name(e.owner) + ", and this process runs as " + user_name(us) +
               ": ";
    };
    if (auto const other = left_by_another(chain, us))
        return belongs(*other) + "chown -R " + user_word(us) + ": " + other->path.string();
    if (!chain.empty() && chain.front().owner != us)
        return belongs(chain.front()) + have_own_directory(chain.front(), path, what);
    for (auto const& e : chain)
        if (S_ISDIR(e.mode) && e.owner == us && (e.mode & 0300) != 0300)
            return "its owner may not write to " + e.path.string() + ": chmod u+rwx " + e.path.string();
    return "";
}

std::string about(int error, std::filesystem::path const& path, place what) {
    if (error == EROFS) {
        auto const chain = chain_of(path);
        return "nothing can be written there: the service may write only below what its unit names, so add "
               "ReadWritePaths= for the directory (systemctl edit osm-notes-exportd); outside the service, the file "
               "system of " +
               (chain.empty() ? path : chain.front().path).string() + " is mounted read-only";
    }
    if (error == ENOENT && what == place::file && !look(path.parent_path()))
        return make_for_us(path.parent_path());
    if (auto const there = look(path); error == EISDIR && there && S_ISDIR(there->mode))
        return "a directory is in the place of that file: move it away";
    return error == EACCES || error == EPERM ? about_rights(chain_of(path), path, what) : "";
}

} // namespace

std::string remedy(int error, std::filesystem::path const& path, place what) noexcept {
    try {
        return path.is_absolute() ? about(error, path, what) : "";
    } catch (std::exception const&) { // out of memory: the error itself is told
        return "";
    }
}

std::string remedy_remark(int error, std::filesystem::path const& path, place what) noexcept {
    auto const text = remedy(error, path, what);
    return text.empty() ? text : " (" + text + ')';
}

} // namespace notes_export
