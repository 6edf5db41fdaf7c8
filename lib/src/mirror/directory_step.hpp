#pragma once

#include "feed/published_paths.hpp"
#include "mirror/path_set.hpp"
#include "mirror/target.hpp"
#include "mirror/target_directory.hpp"

#include <chrono>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export::mirror {

/// One step of a directory_target. Throws file_error for the target, source_error for the tree, cancelled.
class directory_step {
public:
    directory_step(target_directory& to, published_paths const& ours, tree_source& source, std::stop_token const& stop)
        : m_to{&to}, m_ours{&ours}, m_source{&source}, m_stop{&stop} {}

    step_result run(change_set const& changes);

private:
    void copy_listed(change_set const& changes);
    /// Of one rank, in their order.
    void copy_some(std::span<listed_file const> files);
    void copy_everything(change_set const& changes);
    /// What was published since everything was compared, up to metadata.json. The generation that it is.
    std::uint64_t catch_up(std::uint64_t from);
    bool copy_since(change_set const& more);
    bool metadata_of(std::uint64_t generation);
    void remove_rest();

    std::vector<listed_file> get_ready(std::span<listed_file const> files);
    bool fetch(listed_file const& file);
    void copy_metadata(change_set const& changes);
    std::string read_metadata();
    void keep_text(std::string const& text, std::string const& path);
    void require_metadata(change_set const& changes) const;
    void warn_of_missing();
    void copy_unlisted(std::string const& path);
    bool is_equal(listed_file const& file) const;
    bool is_equal_to_source(std::string const& path) const;
    void keep(target_directory::staged s, std::string const& path);
    void put_in_place();
    void remove(std::vector<std::string> const& paths);
    void hold_for_a_while();
    void let_go() { m_hold.reset(); }
    void check_stop() const;

    target_directory* m_to;
    published_paths const* m_ours;
    tree_source* m_source;
    std::stop_token const* m_stop;
    step_result m_result;
    std::uint64_t m_waiting_bytes = 0;

    std::unique_ptr<tree_source::hold> m_hold;
    std::chrono::steady_clock::time_point m_held_since;

    path_set m_seen;               ///< in the tree, when everything is compared
    std::set<std::string> m_added; ///< and since then
    std::set<std::string> m_gone;
    std::set<std::string> m_missing; ///< was in the tree's listing, but not there
};

} // namespace notes_export::mirror
