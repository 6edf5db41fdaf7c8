// One step of a mirror in git, for tests/bench/mirror_git.py: a tree in a directory, and a list of what changed.
//   git_step TREE REPOSITORY URL GENERATION LIST|-     (-: everything)
// Prints "bytes N" as git says them, "written N", and "peak_kb N": the most memory that this process had, without
// git's.
#include "document/metadata.hpp"
#include "feed/published_paths.hpp"
#include "files/sha256.hpp"
#include "mirror/error.hpp"
#include "mirror/git/target.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace notes_export;

namespace {

class directory : public mirror::tree_source {
public:
    directory(fs::path root, std::uint64_t generation) : m_root{std::move(root)}, m_generation{generation} {}

    std::optional<feed_state> state(std::stop_token const&) override {
        return feed_state{m_generation, m_generation, "2026-05-01T12:00:00Z"};
    }
    std::optional<change_list> changes(std::uint64_t, std::stop_token const&) override { return std::nullopt; }
    std::unique_ptr<hold> keep_still(std::stop_token const&) override { return nullptr; }
    bool read(std::string const& path, take_bytes const& take, std::stop_token const&) override {
        file const f{::open((m_root / path).c_str(), O_RDONLY | O_CLOEXEC)};
        std::array<char, 65536> block;
        while (f) {
            auto const n = read_up_to(f.fd(), block, path);
            if (n == 0)
                return true;
            take({block.data(), n});
        }
        return false;
    }
    bool for_each_file(on_file const& each, std::stop_token const&) override {
        for (auto const& entry : fs::recursive_directory_iterator{m_root})
            if (entry.is_regular_file() && entry.path().string().find("/.git/") == std::string::npos)
                each(entry.path().string().substr(m_root.string().size() + 1), entry.file_size());
        return true;
    }
    listed_file listed(std::string const& path) {
        std::string text;
        read(path, [&](std::string_view piece) { text += piece; }, {});
        return {path, text.size(), sha256_of(text)};
    }

private:
    fs::path m_root;
    std::uint64_t m_generation;
};

std::string peak_kb() {
    std::ifstream in{"/proc/self/status"};
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("VmHWM:"))
            return line.substr(line.find_first_of("0123456789"));
    return "?";
}

mirror::change_set change_set_of(directory& tree, std::uint64_t generation, std::string const& list) {
    mirror::change_set set;
    set.from = generation - 1;
    set.to = generation;
    set.export_date = "2026-05-01T12:00:00Z";
    set.version = "1.0.0";
    set.everything = list == "-";
    std::ifstream in{list};
    for (std::string path; !set.everything && std::getline(in, path);)
        set.changed.push_back(tree.listed(path));
    return set;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::cerr << "usage: git_step TREE REPOSITORY URL GENERATION LIST|-\n";
        return 64;
    }
    auto const generation = std::strtoull(argv[4], nullptr, 10);
    directory tree{argv[1], generation};
    mirror::git_options options;
    options.repository = argv[2];
    options.url = argv[3];
    options.schemas = "";
    try {
        mirror::git_target target{options, published_paths{export_config{}}};
        target.generation({});
        mirror::step_result done;
        target.apply(change_set_of(tree, generation, argv[5]), tree, {}, done);
        for (auto const& warning : done.warnings)
            std::cerr << warning << '\n';
        std::cout << "bytes " << done.bytes << "\nwritten " << done.written << "\npeak_kb " << peak_kb() << '\n';
    } catch (std::exception const& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
    return 0;
}
