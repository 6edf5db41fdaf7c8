#pragma once

#include "feed/reader.hpp"
#include "files/sha256.hpp"
#include "support/tree_contents.hpp"

#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace test {

/// A copy of a tree that is kept by its change feed alone; where that says so, it is made anew.
struct feed_follower {
    tree_contents copy;
    std::uint64_t at = 0; ///< generation
    int whole_copies = 0;
    std::string last_reason; ///< for a whole copy

    /// "" or why the feed cannot be followed now: then nothing has changed.
    std::string follow(std::filesystem::path const& tree) {
        notes_export::file const root{::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        if (!root)
            return "there is no tree";
        notes_export::feed::reader const feed{root.fd(), tree};
        auto const state = feed.state();
        if (!state)
            return "there is no feed";
        auto const way = notes_export::feed::way_from(feed, *state, at);
        auto next = copy;
        if (!way.reason.empty())
            next = public_files(tree);
        else if (auto const why = apply(way.lists, tree, next); !why.empty())
            return why;
        whole_copies += way.reason.empty() ? 0 : 1;
        last_reason = way.reason;
        copy = std::move(next);
        at = state->generation;
        return "";
    }

    static tree_contents public_files(std::filesystem::path const& tree) {
        auto found = contents_of(tree);
        std::erase_if(found, [](auto const& f) { return f.first.starts_with("changes/"); });
        return found;
    }

private:
    static std::string apply(std::vector<notes_export::change_list> const& lists, std::filesystem::path const& tree,
                             tree_contents& next) {
        std::map<std::string, notes_export::listed_file> changed;
        for (auto const& list : lists) {
            for (auto const& path : list.removed) {
                next.erase(path);
                changed.erase(path);
            }
            for (auto const& f : list.changed)
                changed.insert_or_assign(f.path, f);
        }
        for (auto const& [path, listed] : changed) {
            auto text = read_file(tree / path);
            if (listed.size != text.size() || listed.sha256 != notes_export::sha256_of(text))
                return path + " is not as listed";
            next.insert_or_assign(path, std::move(text));
        }
        return "";
    }
};

} // namespace test
