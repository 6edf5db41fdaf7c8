#include "check/published_files.hpp"

#include "check/examination.hpp"
#include "check/foreign_owners.hpp"
#include "document/metadata.hpp"
#include "notes_export/remedy.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

namespace {

std::vector<std::string> single_files(export_config const& config) {
    std::vector<std::string> paths{std::string{metadata::path}};
    for (auto const& d : config.datasets)
        paths.push_back(d.index_path);
    for (auto const& d : config.documents)
        paths.push_back(d.path);
    if (!config.version_file.is_absolute())
        paths.push_back(config.version_file.native());
    return paths;
}

/// false: it can be neither read nor replaced.
bool examine_file(examination& found, tree const& t, std::string const& path) {
    auto const directory = t.passage(parent_of(path));
    struct stat info {};
    std::string const name{name_of(path)};
    if (!directory || ::fstatat(directory.fd(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    auto const full = t.full(path).string();
    if (S_ISDIR(info.st_mode)) {
        found.fail("a directory is in the place of the file " + full, "move it away: the next export makes the file");
        return false;
    }
    if (!S_ISREG(info.st_mode) || ::faccessat(directory.fd(), name.c_str(), R_OK, AT_EACCESS) == 0)
        return true;
    auto const who = owner_name(::geteuid());
    bool const ours = info.st_uid == ::geteuid();
    found.fail(who + " cannot read " + full + (ours ? "" : ", which belongs to " + owner_name(info.st_uid)),
               (ours ? "chmod u+r " : "chown " + who + ": ") + full);
    return false;
}

void examine_metadata(examination& found, tree const& t) {
    auto const text = t.read(metadata::path);
    if (text && !metadata::parse(*text))
        found.warn(t.full(metadata::path).string() + " is damaged, so that readers know no state of the tree",
                   "osm-notes-exportd once --full, or a SIGHUP to the service, makes it anew");
}

} // namespace

std::vector<finding> examine_published_files(tree const& t, export_config const& config) {
    examination found{"directory"};
    for (auto const& path : single_files(config))
        if (examine_file(found, t, path) && path == metadata::path)
            examine_metadata(found, t);
    return std::move(found).take();
}

std::vector<finding> examine_version_place(export_config const& config) {
    auto const& path = config.version_file;
    if (!path.is_absolute())
        return {};
    examination found{"version file"};
    auto const who = owner_name(::geteuid());
    auto const above = path.parent_path();
    std::error_code unseen;
    if (std::filesystem::is_directory(path, unseen))
        found.fail("a directory is in the place of the file " + path.string(), "let [output] version_file name a file");
    else if (::faccessat(AT_FDCWD, above.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        int const error = errno;
        found.fail(who + " cannot " + file_error("make files in", above, error).what(),
                   error == ENOENT ? "make that directory, for the service's user, or let [output] version_file name "
                                     "another place; a relative one is in the tree"
                                   : remedy(error, path, place::file));
    } else if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0 && errno != ENOENT)
        found.fail(who + " cannot " + file_error("read", path, errno).what(), "chown " + who + ": " + path.string());
    else
        found.ok(path.string());
    return std::move(found).take();
}

} // namespace notes_export
