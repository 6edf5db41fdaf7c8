// What a cycle cannot do without on the side of the files: as many new ones, on disk, put into the places of those that
// are there, on disk again.
//
//   batch_floor TREE STAGING < PATHS      prints milliseconds; STAGING is a new directory on the same file system
//
// The paths are of files of the tree, one on a line; each keeps its content. Reading them is not counted.
#include "floor_file.hpp"

#include <chrono>
#include <fcntl.h>
#include <iostream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace {

std::vector<content> read_files(std::string const& tree) {
    std::vector<content> files;
    for (std::string path; std::getline(std::cin, path);)
        files.push_back(read_content(tree, path));
    return files;
}

int open_directory(std::string const& path) {
    int const fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        fail("open", path);
    return fd;
}

void stage(int staging, std::vector<content> const& files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        auto const& bytes = files[i].bytes;
        int const fd = ::openat(staging, std::to_string(i).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) || ::close(fd) != 0)
            fail("write", files[i].path);
    }
}

void put_into_place(int staging, int tree, std::vector<content> const& files) {
    for (std::size_t i = 0; i < files.size(); ++i)
        if (::renameat(staging, std::to_string(i).c_str(), tree, files[i].path.c_str()) != 0)
            fail("rename to", files[i].path);
}

void sync(int directory, std::string const& path) {
    if (::syncfs(directory) != 0)
        fail("syncfs", path);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: batch_floor TREE STAGING < PATHS\n", stderr);
        return 64;
    }
    std::string const root{argv[1]};
    std::string const name{argv[2]};
    auto const files = read_files(root);
    if (::mkdir(name.c_str(), 0700) != 0)
        fail("mkdir", name);
    int const tree = open_directory(root);
    int const staging = open_directory(name);
    auto const begin = std::chrono::steady_clock::now();
    stage(staging, files);
    sync(staging, name);
    put_into_place(staging, tree, files);
    sync(tree, root);
    std::printf("%.3f\n", std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
}
