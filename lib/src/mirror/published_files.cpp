#include "mirror/published_files.hpp"

#include "files/directory_entries.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <vector>

namespace notes_export::mirror {

namespace {

using on_file = std::function<void(std::string const&, struct stat const&)>;

struct walk {
    tree const& of;
    published_paths const& ours;
    on_file const& each;
    std::stop_token const& stop;

    void through(std::string const& directory) const {
        auto const open = of.try_open_directory(directory);
        if (!open)
            return;
        std::vector<std::string> names;
        for_each_entry(open.fd(), of.full(directory), [&](dirent const& entry) { names.emplace_back(entry.d_name); });
        std::ranges::sort(names);
        for (auto const& name : names) {
            if (stop.stop_requested())
                throw cancelled{};
            look(open, name, directory.empty() ? name : directory + '/' + name);
        }
    }

    void look(file const& directory, std::string const& name, std::string const& path) const {
        bool const file_of_ours = ours.contains(path);
        if (!file_of_ours && (path == tree::private_directory || !ours.may_hold(path)))
            return;
        struct stat info {};
        if (::fstatat(directory.fd(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT)
                return;
            throw file_error("stat", of.full(path), errno);
        }
        if (file_of_ours && !S_ISDIR(info.st_mode))
            each(path, info);
        else if (!file_of_ours && S_ISDIR(info.st_mode))
            through(path);
    }
};

} // namespace

void for_each_published(tree const& t, published_paths const& ours, on_file const& each, std::stop_token const& stop) {
    walk{t, ours, each, stop}.through("");
}

} // namespace notes_export::mirror
