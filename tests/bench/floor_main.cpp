// What a first export cannot do without: the files of a tree and their directories, made by two threads, and one
// syncfs.
//
//   floor TREE NEW_DIRECTORY      prints milliseconds; reading TREE is not counted
#include "floor_file.hpp"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::vector<content> read_tree(fs::path const& root) {
    std::vector<content> files;
    for (auto i = fs::recursive_directory_iterator{root}; i != fs::recursive_directory_iterator{}; ++i) {
        if (i->path().filename().string().starts_with('.')) {
            i.disable_recursion_pending();
        } else if (i->is_regular_file()) {
            files.push_back(read_content(root, i->path().lexically_relative(root)));
        }
    }
    std::ranges::sort(files, {}, &content::path);
    return files;
}

void make_directories(int root, std::string const& path) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
        if (auto const directory = path.substr(0, slash);
            ::mkdirat(root, directory.c_str(), 0755) != 0 && errno != EEXIST)
            fail("mkdir", directory);
}

void make_files(int root, std::span<content const> files) {
    std::string directory;
    for (auto const& f : files) {
        if (auto const parent = fs::path{f.path}.parent_path().string(); parent != directory) {
            make_directories(root, f.path);
            directory = parent;
        }
        int const fd = ::openat(root, f.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0 || ::write(fd, f.bytes.data(), f.bytes.size()) != static_cast<ssize_t>(f.bytes.size()) ||
            ::close(fd) != 0)
            fail("write", f.path);
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: floor TREE NEW_DIRECTORY\n", stderr);
        return 64;
    }
    auto const files = read_tree(argv[1]);
    auto const begin = std::chrono::steady_clock::now();
    if (::mkdir(argv[2], 0755) != 0)
        fail("mkdir", argv[2]);
    int const root = ::open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        fail("open", argv[2]);
    auto const all = std::span{files};
    std::thread other{[&] { make_files(root, all.first(all.size() / 2)); }};
    make_files(root, all.subspan(all.size() / 2));
    other.join();
    if (::syncfs(root) != 0)
        fail("syncfs", argv[2]);
    std::printf("%.3f\n", std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
}
