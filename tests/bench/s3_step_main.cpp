// One step of the mirror to a bucket, for measuring: all files of a tree as one generation's change list.
//
//     s3_step TREE URL CONNECTIONS [--everything]      keys: SWIFT_KEY, SWIFT_SECRET
//
// Prints {"seconds": S, "written": N, "bytes": B, "peak_kb": K}.
#include "files/sha256.hpp"
#include "mirror/error.hpp"
#include "mirror/s3/target.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

using namespace notes_export;
using namespace notes_export::mirror;
namespace fs = std::filesystem;

namespace {

/// The files of a directory, which nobody changes.
class still_tree final : public tree_source {
public:
    explicit still_tree(fs::path root) : m_root{std::move(root)} {}

    std::optional<feed_state> state(std::stop_token const&) override { return feed_state{generation, generation, ""}; }
    std::optional<change_list> changes(std::uint64_t, std::stop_token const&) override { return std::nullopt; }
    std::unique_ptr<hold> keep_still(std::stop_token const&) override { return nullptr; }
    bool read(std::string const& path, take_bytes const& take, std::stop_token const&) override {
        std::ifstream in{m_root / path, std::ios::binary};
        std::string const bytes{std::istreambuf_iterator<char>{in}, {}};
        take(bytes);
        return in.good() || in.eof();
    }
    bool for_each_file(on_file const& each, std::stop_token const&) override {
        for (auto const& entry : fs::recursive_directory_iterator{m_root})
            if (entry.is_regular_file())
                each(fs::relative(entry.path(), m_root).string(), entry.file_size());
        return true;
    }

    static constexpr std::uint64_t generation = 2;

private:
    fs::path m_root;
};

change_set whole_tree(still_tree& tree, published_paths const& ours, bool everything) {
    change_set set;
    set.from = everything ? 0 : 1;
    set.to = still_tree::generation;
    set.everything = everything;
    if (everything)
        return set;
    tree.for_each_file(
        [&](std::string const& path, std::uint64_t size) {
            sha256 digest;
            tree.read(path, [&](std::string_view piece) { digest.add(piece); }, {});
            set.changed.push_back({path, size, digest.finish()});
        },
        {});
    std::ranges::stable_sort(set.changed, {}, [&](listed_file const& f) { return ours.rank_of(f.path); });
    return set;
}

std::string environment(char const* name) {
    auto const* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

} // namespace

int main(int argc, char* argv[]) {
    if (argc < 4) {
        std::cerr << "usage: s3_step TREE URL CONNECTIONS [--everything]\n";
        return 64;
    }
    s3_options options;
    options.url = argv[2];
    options.connections = static_cast<unsigned>(std::atoi(argv[3]));
    options.credentials = [] { return s3_credentials{environment("SWIFT_KEY"), environment("SWIFT_SECRET"), {}}; };
    published_paths const ours{export_config{}};
    still_tree tree{argv[1]};
    try {
        s3_target target{options, ours};
        auto const changes = whole_tree(tree, ours, argc > 4);
        auto const begun = std::chrono::steady_clock::now();
        step_result result;
        target.apply(changes, tree, {}, result);
        std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begun;
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        std::printf("{\"seconds\": %.3f, \"written\": %zu, \"bytes\": %llu, \"peak_kb\": %ld}\n", took.count(),
                    result.written, static_cast<unsigned long long>(result.bytes), usage.ru_maxrss);
    } catch (mirror_error const& e) {
        std::cerr << e.what() << "\n" << e.remedy() << "\n";
        return 1;
    }
}
