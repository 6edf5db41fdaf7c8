#include "notes_export/allow_shrink.hpp"

#include "cycle/shrink_allowance.hpp"
#include "notes_export/error.hpp"
#include "publish/shrink_file.hpp"

#include <cerrno>
#include <pwd.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace notes_export {

namespace {

std::string name_of_user(uid_t uid) {
    std::vector<char> buffer(16384);
    struct passwd entry {};
    struct passwd* found = nullptr;
    bool const known = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
    return known ? entry.pw_name : "#" + std::to_string(uid);
}

// Root acts for the owner, whose file it will be.
void require_owner(tree const& t) {
    auto const directory = t.try_open_directory(tree::private_directory);
    if (!directory)
        throw request_refused{t.root().string() + " has no " + std::string{tree::private_directory} +
                              ": nothing was exported there yet, so there is nothing that could shrink"};
    struct stat info {};
    if (::fstat(directory.fd(), &info) != 0)
        throw file_error("stat", t.full(tree::private_directory), errno);
    if (info.st_uid != ::geteuid() && ::geteuid() != 0)
        throw request_refused{t.root().string() + " belongs to " + name_of_user(info.st_uid) +
                              ", who alone can allow it: type sudo -u '" + name_of_user(info.st_uid) +
                              "' osm-notes-exportd allow-shrink"};
}

} // namespace

std::chrono::system_clock::time_point allow_shrink(std::filesystem::path const& directory) {
    if (!std::filesystem::is_directory(directory))
        throw request_refused{directory.string() + " is not a directory: nothing was exported there yet"};
    tree const t{directory, false};
    require_owner(t);
    auto const now = std::chrono::system_clock::now();
    shrink_file::write(t, microseconds(now));
    return now + shrink_allowance_life;
}

} // namespace notes_export
