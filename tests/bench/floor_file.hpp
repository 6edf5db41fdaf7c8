// What the programs that measure a floor have in common.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

struct content {
    std::string path; ///< below the tree
    std::string bytes;
};

[[noreturn]] inline void fail(char const* what, std::string const& path) {
    std::perror((std::string{what} + ' ' + path).c_str());
    std::exit(1);
}

inline content read_content(std::string const& tree, std::string const& path) {
    std::ifstream in{tree + '/' + path, std::ios::binary};
    if (!in)
        fail("read", path);
    return {path, {std::istreambuf_iterator<char>{in}, {}}};
}
