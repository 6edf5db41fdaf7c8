#pragma once

#include "mirror/directory/target.hpp"
#include "mirror/error.hpp"
#include "mirror/source/directory_source.hpp"
#include "mirror/waiting_changes.hpp"
#include "support/applied_step.hpp"
#include "support/export_fixture.hpp"
#include "support/published_tree.hpp"
#include "support/tree_contents.hpp"

#include <filesystem>
#include <string>

namespace test {

inline std::string user(int id) {
    return notes_export::entity_path{"users/{h1}/{h2}/{h3}/{id}.json"}.of(id);
}

/// A published tree, and a directory that is to be its copy.
struct mirrored {
    explicit mirrored(notes_export::export_config const& config) : ours{config} {
        std::filesystem::create_directory(copy());
    }

    temporary_directory place;
    published_tree tree{place / "tree"};
    notes_export::published_paths ours;
    notes_export::mirror::directory_source source{place / "tree", ours};
    notes_export::mirror::directory_target target{copy(), ours};

    mirrored() : mirrored{notes_export::export_config{}} {}
    std::filesystem::path copy() const { return place / "copy"; }

    notes_export::mirror::change_set waiting() {
        return notes_export::mirror::waiting_changes(target.generation({}), source.state({}).value(), ours,
                                                     [&](std::uint64_t g) { return source.changes(g, {}); });
    }
    notes_export::mirror::step_result step() { return applied(target, waiting(), source); }

    static tree_contents published(std::filesystem::path const& root) {
        auto all = contents_of(root);
        std::erase_if(all, [](auto const& file) { return file.first.starts_with(".exportd-mirror/"); });
        return all;
    }
    bool equal() const { return published(tree.root()) == published(copy()); }

    void publish_first() {
        for (int id = 1; id <= 5; ++id)
            tree.put(user(id), "user " + std::to_string(id));
        tree.put("indexes/users.json", "[1,2,3,4,5]");
        tree.put("global_stats.json", "{}");
        tree.publish(false);
    }
    std::string failure() {
        try {
            step();
        } catch (notes_export::mirror::mirror_error const& e) {
            return e.kind() + ": " + e.what();
        }
        return "";
    }
};

} // namespace test
