#pragma once

#include "notes_export/dataset.hpp"
#include "notes_export/mirror_state.hpp"
#include "support/daemon_process.hpp"
#include "support/published_tree.hpp"
#include "support/temporary_directory.hpp"
#include "support/tree_contents.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace test {

/// A tree as an exporter writes it, without a database, and the command `mirror disk`, which copies it to a directory.
struct mirror_fixture {
    temporary_directory root;
    published_tree tree{root / "tree"};
    std::filesystem::path copy = root / "copy";
    int runs = 0;

    static std::string user(int id) { return notes_export::entity_path{"users/{h1}/{h2}/{h3}/{id}.json"}.of(id); }

    mirror_fixture() { std::filesystem::create_directory(copy); }

    std::vector<std::string> words(std::vector<std::string> const& more = {}) const {
        std::vector<std::string> all{"mirror", "disk"};
        for (auto const& setting :
             {"output.directory=" + tree.root().string(), std::string{"mirror.disk.kind=directory"},
              "mirror.disk.url=" + copy.string(), std::string{"mirror.disk.min_interval=0"}}) {
            all.emplace_back("--set");
            all.push_back(setting);
        }
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    child_process start(std::vector<std::string> const& more = {}) {
        return {root / ("run" + std::to_string(++runs)), words(more)};
    }
    struct ended {
        int status;
        std::string output;
        std::string errors;
    };
    ended run(std::vector<std::string> const& more) {
        auto process = start(more);
        int const status = process.wait_exit().value();
        return {status, process.output(), process.errors()};
    }
    int once() { return run({"--once"}).status; }

    std::vector<std::string> differing() const { return differences(published_in(tree.root()), published_in(copy)); }
    bool equal() const { return differing().empty(); }

    std::optional<notes_export::mirror_state> state() const {
        return notes_export::mirror_state::parse(read_file(tree.root() / ".exportd/mirrors/disk.json"));
    }

    void publish_first(int users = 20) {
        for (int id = 1; id <= users; ++id)
            tree.put(user(id), "user " + std::to_string(id));
        tree.put("indexes/users.json", "index 1");
        tree.put("global_stats.json", "{}");
        tree.publish(false);
    }
    void publish_change(int n) {
        tree.put(user(1), "user 1, version " + std::to_string(n));
        tree.put(user(1000 + n), "user, new in " + std::to_string(n));
        if (n > 1)
            tree.remove(user(1000 + n - 1));
        tree.put("indexes/users.json", "index " + std::to_string(n + 1));
        tree.publish();
    }
};

} // namespace test
