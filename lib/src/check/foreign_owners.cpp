#include "check/foreign_owners.hpp"

#include "files/directory_entries.hpp"
#include "shard/paths.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <pwd.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr std::string_view staging = ".exportd/staging";
constexpr std::string_view changes = ".exportd/changes";

class search {
public:
    explicit search(tree const& t) : m_tree{t} {}

    /// A directory below the root, and those below it down to this depth.
    void look_at(std::string const& path, int depth) {
        struct stat info {};
        if (::fstatat(m_tree.fd(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            return; // made when it is needed
        if (S_ISLNK(info.st_mode))
            return add(m_found.links, m_found.link_count, path);
        auto const directory = m_tree.try_open_directory(path);
        if (!directory)
            return;
        if (is_foreign(info) && ::faccessat(directory.fd(), ".", W_OK | X_OK, AT_EACCESS) != 0)
            return add(m_found.foreign, m_found.foreign_count, path + " (" + owner_name(info.st_uid) + ')');
        if (depth > 0)
            for (auto const& name : directories_in(directory, path))
                look_at(std::string{path}.append("/").append(name), depth - 1);
    }

    /// Private files are written to in place.
    void look_at_files(std::string const& path) {
        auto const directory = m_tree.try_open_directory(path);
        if (!directory)
            return;
        for_each_entry(directory.fd(), m_tree.full(path), [&](dirent const& entry) {
            struct stat info {};
            if (::fstatat(directory.fd(), entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && is_foreign(info) &&
                ::faccessat(directory.fd(), entry.d_name, R_OK | W_OK, AT_EACCESS) != 0)
                add(m_found.foreign, m_found.foreign_count,
                    path + '/' + entry.d_name + " (" + owner_name(info.st_uid) + ')');
        });
    }

    bool has_met_links() const noexcept { return m_found.link_count > 0; }

    obstacles take() && { return std::move(m_found); }

private:
    static bool is_foreign(struct stat const& info) { return info.st_uid != ::geteuid(); }

    static void add(std::vector<std::string>& to, std::size_t& count, std::string name) {
        ++count;
        if (to.size() < obstacles::most_named)
            to.push_back(std::move(name));
    }

    std::set<std::string> directories_in(file const& directory, std::string const& path) const {
        std::set<std::string> names;
        for_each_entry(directory.fd(), m_tree.full(path), [&](dirent const& entry) {
            if (entry.d_type == DT_DIR || entry.d_type == DT_LNK || entry.d_type == DT_UNKNOWN)
                names.insert(entry.d_name);
        });
        return names;
    }

    tree const& m_tree;
    obstacles m_found;
};

} // namespace

std::string owner_name(uid_t owner) {
    std::array<char, 16384> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    bool const known = ::getpwuid_r(owner, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
    return known ? std::string{entry.pw_name} : '#' + std::to_string(owner);
}

obstacles find_obstacles(tree const& t, export_config const& config) {
    search in{t};
    std::set<std::string> single{std::string{tree::private_directory}, std::string{staging}, std::string{changes}};
    if (config.feed.publish)
        single.emplace("changes");
    for (auto const& d : config.datasets) {
        entity_path const layout{d.path};
        in.look_at(layout.top(), layout.depth());
        single.emplace(parent_of(d.index_path));
        for (auto& path : d.shards.make ? shard::paths{d}.directories() : std::vector<std::string>{})
            single.insert(std::move(path));
    }
    for (auto const& d : config.documents)
        single.emplace(parent_of(d.path));
    for (auto const& path : single)
        if (!path.empty())
            in.look_at(path, 0);
    for (auto const& path : {tree::private_directory, changes})
        if (!in.has_met_links())
            in.look_at_files(std::string{path});
    return std::move(in).take();
}

} // namespace notes_export
