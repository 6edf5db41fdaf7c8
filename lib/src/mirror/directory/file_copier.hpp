#pragma once

#include "feed/published_paths.hpp"
#include "mirror/directory/target_directory.hpp"
#include "mirror/error.hpp"
#include "mirror/target.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export::mirror {

/// `what` is how it is seen.
tree_moved_on moved_while_copied(std::string const& what);

/**
 * Brings single files of a tree into a target_directory, and counts them. While files are read, the tree is held still
 * where it can be, and let go now and then, so that the exporter gets its turn.
 *
 * Throws  file_error for the target, source_error for the tree, cancelled.
 * Thread  one.
 */
class file_copier {
public:
    /// `result` says what was done, also when something throws.
    file_copier(target_directory& to, tree_source& source, std::stop_token const& stop, step_result& result)
        : m_to{&to}, m_source{&source}, m_stop{&stop}, m_result{&result} {}

    /// Those that are not there yet: what an earlier attempt, or an earlier generation, has brought is left. The source
    /// is told that they are next.
    std::vector<listed_file> get_ready(std::span<listed_file const> files);
    /// false: it is another one than is listed, or gone.
    bool fetch(listed_file const& file);
    /// As it is in the tree now. false: there is none.
    bool copy_unlisted(std::string const& path);
    /// "" when there is none.
    std::string read_metadata();
    void keep_text(std::string const& text, std::string const& path);
    /// All that was fetched, durably.
    void put_in_place();
    /// Indexes first: no index names what has gone.
    void remove(std::vector<std::string> paths, published_paths const& ours);

    void let_go() { m_hold.reset(); }
    void check_stop() const;
    step_result& result() noexcept { return *m_result; }

private:
    void remove(std::vector<std::string> const& paths);
    bool comes_with_its_file(std::string_view path, std::vector<listed_file> const& needed) const;
    bool is_equal(listed_file const& file) const;
    bool is_equal_to_source(std::string const& path) const;
    void keep(target_directory::staged s, std::string const& path);
    void hold_for_a_while();

    target_directory* m_to;
    tree_source* m_source;
    std::stop_token const* m_stop;
    step_result* m_result;
    std::uint64_t m_waiting_bytes = 0;

    std::unique_ptr<tree_source::hold> m_hold;
    std::chrono::steady_clock::time_point m_held_since;
};

} // namespace notes_export::mirror
