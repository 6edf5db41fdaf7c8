#include "files/remove_contents.hpp"

#include "files/directory_entries.hpp"
#include "files/file.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace notes_export {

namespace {

// Ours are not as deep. What is deeper is lifted, so that few descriptors are in use however deep it is.
constexpr int deepest = 16;

class remover {
public:
    remover(int top, std::filesystem::path const& path) : m_top{top}, m_path{path} {}

    void run() {
        do {
            m_lifted = false;
            contents(m_top, m_path, 0);
        } while (m_lifted);
    }

private:
    void contents(int directory, std::filesystem::path const& path, int depth) {
        for_each_entry(directory, path,
                       [&](dirent const& found) { entry(directory, found.d_name, path / found.d_name, depth); });
    }

    void entry(int directory, char const* name, std::filesystem::path const& path, int depth) {
        if (::unlinkat(directory, name, 0) == 0 || errno == ENOENT)
            return;
        if (errno != EISDIR)
            throw file_error("remove", path, errno);
        if (depth >= deepest)
            return lift(directory, name, path);
        file const inside{::openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
        if (!inside)
            throw file_error("open directory", path, errno);
        contents(inside.fd(), path, depth + 1);
        if (::unlinkat(directory, name, AT_REMOVEDIR) != 0)
            throw file_error("remove", path, errno);
    }

    /// To the top, for the next round.
    void lift(int directory, char const* name, std::filesystem::path const& path) {
        m_lifted = true;
        while (::renameat2(directory, name, m_top, ("lifted" + std::to_string(m_next++)).c_str(), RENAME_NOREPLACE) !=
               0)
            if (errno != EEXIST)
                throw file_error("move", path, errno);
    }

    int m_top;
    std::filesystem::path const& m_path;
    std::uint64_t m_next = 0;
    bool m_lifted = false;
};

} // namespace

void remove_contents(int directory, std::filesystem::path const& path) {
    remover{directory, path}.run();
}

} // namespace notes_export
