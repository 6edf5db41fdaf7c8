#include "check/examination.hpp"
#include "check/foreign_owners.hpp"
#include "check/published_files.hpp"
#include "check/trial_write.hpp"
#include "check/used_directories.hpp"
#include "files/directory_rules.hpp"
#include "notes_export/other_exporter.hpp"
#include "notes_export/remedy.hpp"
#include "notes_export/utc_text.hpp"
#include "publish/tree.hpp"
#include "publish/tree_lock.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace notes_export {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t megabyte = 1'000'000;
constexpr std::uint64_t too_few_bytes = 20 * megabyte;
constexpr std::uint64_t few_bytes = 1000 * megabyte;
constexpr std::uint64_t too_few_inodes = 1'000;
constexpr std::uint64_t few_inodes = 20'000; ///< a batch of profiles in staging, and directories

std::string own_name() {
    return owner_name(::geteuid());
}

/// What is in a tree of ours is ours. Of somebody else's directory nothing is to be given away.
std::string give_to_us(fs::path const& root) {
    struct stat info {};
    bool const ours = ::stat(root.c_str(), &info) == 0 && info.st_uid == ::geteuid();
    return ours ? "chown -R " + own_name() + ": " + root.string() : remedy(EACCES, root);
}

void examine_parent(examination& found, fs::path const& directory, fs::path const& parent) {
    std::error_code ignored;
    if (!fs::is_directory(parent, ignored))
        found.fail(parent.string() + " is not a directory, so " + directory.string() + " cannot be made",
                   "let [output] directory name another place");
    else if (::faccessat(AT_FDCWD, parent.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
        found.fail(directory.string() + " is not there, and " + own_name() + " may not make it in " + parent.string(),
                   remedy(EACCES, directory));
    else
        found.ok(directory.string() + " is not there yet; the first export makes it");
}

void examine_writing(examination& found, tree const& t, export_config const& config) {
    auto paths = used_directories(config);
    paths.emplace_back(tree::private_directory);
    for (auto const& path : paths) {
        auto const directory = t.try_open_directory(path);
        if (!directory)
            continue;
        try {
            try_to_write(directory.fd(), t.full(path));
        } catch (file_error const& e) {
            bool const refused = e.code().value() == EACCES || e.code().value() == EPERM;
            found.fail(own_name() + " cannot " + e.what(),
                       refused ? remedy(EACCES, e.path())
                               : "look at the file system: is it full, over quota, or mounted read-only?");
            if (path.empty())
                return;
        }
    }
}

// Files are written in the private directory and renamed into their place.
void examine_renaming(examination& found, tree const& t, export_config const& config) {
    auto const staging = t.try_open_directory(tree::private_directory);
    auto const from = staging ? rename_domain::of(staging.fd(), t.full(tree::private_directory))
                              : rename_domain::of(t.fd(), t.root());
    for (auto const& path : used_directories(config))
        if (auto const directory = t.try_open_directory(path))
            require_rename(from, rename_domain::of(directory.fd(), t.full(path)), t.full(path));
    if (found.empty())
        found.ok(t.root().string() + ", of one file system, writable for " + own_name());
}

std::string joined(std::vector<std::string> const& names, std::size_t count) {
    std::string text;
    for (auto const& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return count > names.size() ? text + " and " + std::to_string(count - names.size()) + " more" : text;
}

void examine_obstacles(examination& found, tree const& t, export_config const& config) {
    auto const there = find_obstacles(t, config);
    if (there.link_count > 0)
        found.fail("symbolic links in the place of directories, through which nothing is written: " +
                       joined(there.links, there.link_count),
                   "move what they name here, or let [output] directory name a place for the whole tree");
    if (there.foreign_count > 0)
        found.fail(own_name() +
                       " cannot replace files in what belongs to others: " + joined(there.foreign, there.foreign_count),
                   give_to_us(t.root()));
}

void examine_company(examination& found, fs::path const& directory) {
    auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (auto const other = other_exporter_of(directory, now))
        found.warn(describe(other->traces) + ", seen last at " +
                       utc_text(std::chrono::sys_seconds{std::chrono::seconds{other->last}}),
                   std::string{other_exporter_remedy});
}

std::string remedy_for(std::system_error const& e, fs::path const& directory) {
    auto const* const about = dynamic_cast<file_error const*>(&e);
    if (auto text = remedy(e.code().value(), about != nullptr ? about->path() : directory); !text.empty())
        return text;
    if (e.code() == std::errc::not_a_directory)
        return "let [output] directory name a directory, and move away what is in the place of one in it";
    return "";
}

std::vector<finding> examine_tree(export_config const& config) {
    examination found{"directory"};
    try {
        tree const t{config.directory, false};
        examine_obstacles(found, t, config);
        auto files = examine_published_files(t, config);
        bool const whole = worst_of(files) != severity::error;
        if (found.empty() && whole)
            examine_writing(found, t, config);
        if (found.empty() && whole)
            examine_renaming(found, t, config);
        auto const holder = tree_lock::holder(t);
        auto all = std::move(found).take();
        append(all, std::move(files));
        if (!holder.empty())
            all.push_back({severity::ok, "exporter", "at work: " + holder, ""});
        examination company{"exporter"};
        examine_company(company, config.directory);
        append(all, std::move(company).take());
        return all;
    } catch (std::system_error const& e) {
        found.fail(own_name() + " cannot " + e.what(), remedy_for(e, config.directory));
        return std::move(found).take();
    }
}

std::string amount(std::uint64_t bytes) {
    return bytes < 10'000 * megabyte ? std::to_string(bytes / megabyte) + " MB"
                                     : std::to_string(bytes / (1000 * megabyte)) + " GB";
}

std::vector<finding> examine_room(fs::path const& existing) {
    examination found{"room"};
    struct statvfs info {};
    if (::statvfs(existing.c_str(), &info) != 0) {
        found.fail(file_error("look at the file system of", existing, errno).what(), "");
        return std::move(found).take();
    }
    auto const bytes = std::uint64_t{info.f_bavail} * info.f_frsize;
    auto const text = amount(bytes) + " free" +
                      (info.f_files == 0 ? "" : ", " + std::to_string(info.f_favail) + " inodes") + " in " +
                      existing.string();
    bool const counts_inodes = info.f_files != 0; // btrfs and others make them as they are needed
    if (bytes < too_few_bytes || (counts_inodes && info.f_favail < too_few_inodes))
        found.fail(text, "make room: a cycle fails when it finds none, and is tried again");
    else if (bytes < few_bytes || (counts_inodes && info.f_favail < few_inodes))
        found.warn(text, "a cycle needs room for the profiles of a batch and for new indexes beside the old ones");
    else
        found.ok(text);
    return std::move(found).take();
}

} // namespace

std::vector<finding> examine_directory(export_config const& config) {
    std::error_code ignored;
    auto existing = config.directory;
    while (!fs::exists(fs::symlink_status(existing, ignored)) && existing.has_relative_path())
        existing = existing.parent_path();
    std::vector<finding> all;
    if (existing == config.directory) {
        all = examine_tree(config);
    } else {
        examination found{"directory"};
        examine_parent(found, config.directory, existing);
        all = std::move(found).take();
    }
    append(all, examine_version_place(config));
    append(all, examine_room(existing));
    return all;
}

} // namespace notes_export
