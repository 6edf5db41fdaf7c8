#pragma once

#include "files/file.hpp"
#include "notes_export/compression.hpp"
#include "notes_export/dataset.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace notes_export {

/**
 * The published tree. All paths are relative to its root, resolved by the kernel without following any symbolic link,
 * never outside the root and never into another mount (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
 * RESOLVE_NO_XDEV).
 *
 * Private files are under private_directory; it is the only place in the tree that readers do not read.
 * Thread: const functions may be called from any number of threads.
 */
class tree {
public:
    static constexpr std::string_view private_directory = ".exportd";

    /// Opens the root; with `create`, makes it and the private directory when they are missing.
    /// `link` says what to do when the root itself is a symbolic link.
    enum class root_link { followed, refused };
    explicit tree(std::filesystem::path root, bool create, root_link link = root_link::followed);

    std::filesystem::path const& root() const noexcept { return m_path; }
    std::filesystem::path full(std::string_view path) const { return m_path / path; }
    int fd() const noexcept { return m_root.fd(); }
    /// false when the path now names another directory, or none.
    bool still_at_path() const noexcept;

    /// nullopt when there is no such file, something that is no regular file is in its place, or it is longer than any
    /// file of ours.
    std::optional<std::string> read(std::string_view path, std::size_t longest = 16U << 20) const;
    /// For reading; an empty file when there is none. It need not be a regular one.
    file open_file(std::string_view path) const;
    bool exists(std::string_view path) const;
    bool is_directory(std::string_view path) const;
    /// Is there something that can be unlinked: a file, or a link, FIFO or socket in its place?
    bool is_removable(std::string_view path) const;
    /// Does the path still name this open file or directory?
    bool names(std::string_view path, int fd) const;
    /// no such file, other content, or exactly these bytes
    enum class comparison { missing, differs, equal };
    comparison compare(std::string_view path, std::string_view bytes) const;
    /// Like compare(), with the bytes of an open file.
    comparison compare(std::string_view path, file const& other, std::filesystem::path const& other_path) const;

    /// A directory of the tree, "" is the root. Throws when missing.
    file open_directory(std::string_view path) const;
    /// nullopt-like empty file when missing.
    file try_open_directory(std::string_view path) const;
    /// The same for those who may pass, but not look in: a place for openat(2) and fstatat(2) alone.
    file passage(std::string_view path) const;
    /// It, or the nearest directory above it that is there.
    file open_existing(std::string_view path) const;
    /// As above, made with all its parents when missing; names of directories that got a new entry are appended.
    file make_directory(std::string_view path, std::vector<std::string>& changed) const;

    /// Ids that have a file (or anything else that can be unlinked) at their place, in no order.
    std::vector<std::int64_t> profile_ids(entity_path const& layout) const;
    /// The same of one branch, see entity_path::branch_of().
    std::vector<std::int64_t> profile_ids(entity_path const& layout, std::string const& branch) const;
    /// Whatever has the name of a profile's twin, in no order.
    struct named_twin {
        std::int64_t id;
        compression how;
    };
    std::vector<named_twin> profile_twins(entity_path const& layout) const;
    /// The same of one branch.
    std::vector<named_twin> profile_twins(entity_path const& layout, std::string const& branch) const;

private:
    std::optional<struct stat> entry(std::string_view path) const;
    void walk(std::string const& branch, entity_path const& layout,
              std::function<void(std::string const&)> const& on_file) const;
    void walk(std::string const& directory, entity_path const& layout, int depth,
              std::function<void(std::string const&)> const& on_file) const;

    std::filesystem::path m_path;
    file m_root;
};

/// The directory part, "" for a name directly under the root.
std::string_view parent_of(std::string_view path) noexcept;
std::string_view name_of(std::string_view path) noexcept;
/// Is it in the private directory?
bool is_below_private(std::string_view path) noexcept;
/// Rights of what is made there. What mirrors read, as another user of our group, the group may read.
struct private_rights {
    unsigned directory = 0700;
    unsigned file = 0600;
};
private_rights private_mode(std::string_view path) noexcept;
/// Directories of the private one that the group may look into, by their names in there.
bool is_for_group(std::string_view name) noexcept;

} // namespace notes_export
