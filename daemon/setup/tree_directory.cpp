#include "setup/tree_directory.hpp"

#include "setup/program.hpp"
#include "setup/setup_request.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace exportd {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string const& what, fs::path const& path) {
    throw std::system_error{errno, std::generic_category(), what + ' ' + path.string()};
}

void require_directories_above(fs::path directory) {
    std::error_code unseen;
    do
        directory = directory.parent_path();
    while (!fs::exists(directory, unseen) && directory.has_relative_path());
    if (!fs::is_directory(directory, unseen))
        throw setup_error{directory.string() + " is not a directory, so nothing can be made below it"};
}

bool holds_a_tree(fs::path const& directory) {
    std::error_code unseen;
    return fs::exists(directory / "metadata.json", unseen) || fs::exists(directory / ".exportd", unseen);
}

// Whoever has other things in it has a reason to: no such directory is given away as a whole.
std::string what_to_do_with(fs::path const& directory, file_owner const& user) {
    if (!holds_a_tree(directory))
        return ", and what is in it is no tree of this program: choose a directory of its own, such as " +
               (directory / "notes-json").string();
    return ". It holds an earlier tree, so give that to the exporter first: " + how_to_give(directory, user.name);
}

void require_usable(fs::path const& directory, fs::file_status const& there, file_owner const& user) {
    if (fs::is_symlink(there))
        throw setup_error{directory.string() + " is a symbolic link to " + fs::read_symlink(directory).string() +
                          ": give --directory what it leads to"};
    if (!fs::is_directory(there))
        throw setup_error{directory.string() +
                          " is a file, not a directory: move it away, or choose another directory"};
    auto const owner = owner_of(directory);
    if (owner && owner->uid != user.uid && !fs::is_empty(directory))
        throw setup_error{directory.string() + " belongs to " + owner->name + " and is not empty" +
                          what_to_do_with(directory, user)};
}

// As the package makes it for its own tree: the exporter alone would make it for itself alone, and mirrors, which run
// as another user of its group, could not pass.
bool let_mirrors_pass(int tree, file_owner const& user) {
    constexpr char const* name = ".exportd";
    if (::mkdirat(tree, name, 0700) != 0)
        return errno == EEXIST;
    int const fd = ::openat(tree, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool const good = ::fchown(fd, user.uid, user.gid) == 0 && ::fchmod(fd, 0710) == 0;
    int const error = errno;
    ::close(fd);
    errno = error;
    return good;
}

} // namespace

std::string how_to_give(fs::path const& directory, std::string const& user) {
    if (holds_a_tree(directory))
        return "chown -R " + user + ": " + shell_word(directory.string());
    return "give it a directory of its own, and name that in [output] directory: install -d -o " + user + " -g " +
           user + ' ' + shell_word((directory / "notes-json").string());
}

bool is_prepared(fs::path const& directory, file_owner const& user) {
    auto const there = fs::symlink_status(directory);
    if (!fs::exists(there)) {
        require_directories_above(directory);
        return false;
    }
    require_usable(directory, there, user);
    auto const owner = owner_of(directory);
    return owner && owner->uid == user.uid;
}

void prepare_directory(fs::path const& directory, file_owner const& user) {
    if (is_prepared(directory, user))
        return;
    fs::create_directories(directory.parent_path());
    if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
        fail("make", directory);
    int const fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        fail("open", directory);
    bool const given = let_mirrors_pass(fd, user) && ::fchown(fd, user.uid, user.gid) == 0 && ::fchmod(fd, 0755) == 0;
    int const error = errno;
    ::close(fd);
    if (!given)
        throw std::system_error{error, std::generic_category(), "give to " + user.name + ' ' + directory.string()};
}

} // namespace exportd
