#pragma once

#include "notes_export/feed.hpp"
#include "publish/tree.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export::feed {

/// The files of a feed in one of its two directories, see paths.hpp. Thread: one.
class lists {
public:
    lists(tree const& t, std::string_view directory) : m_tree{&t}, m_directory{directory} {}

    std::string state_path() const { return path(state_file); }
    std::string path_of(std::uint64_t generation) const;
    std::optional<feed_state> state() const;
    /// metadata.json as the list of that generation names it; nullopt: there is no such list.
    std::optional<listed_file> last_of(std::uint64_t generation) const;
    /// Calls for each list that is there, in no order.
    void for_each(std::function<void(std::uint64_t generation)> const& each) const;
    /// 0: there are none.
    std::uint64_t newest() const;
    /// The oldest one of those without a gap up to this.
    std::uint64_t oldest_up_to(std::uint64_t generation) const;
    /// The oldest from `oldest` on that is younger than `retention`; `newest` when none is.
    std::uint64_t oldest_kept(std::uint64_t oldest, std::uint64_t newest, std::chrono::seconds retention) const;

    /// Nothing waits for the disk: what comes back after a power failure goes with the next one.
    void forget(std::uint64_t generation) const;
    void forget_all_but(std::uint64_t oldest, std::uint64_t newest) const;
    /// state.json first; what others have put there stays.
    void forget_everything() const;

private:
    static constexpr std::string_view state_file = "state.json";
    std::string path(std::string_view name) const { return m_directory + '/' + std::string{name}; }
    bool is_older(std::uint64_t generation, std::chrono::system_clock::time_point limit) const;
    bool unlink(std::string const& path, int flags) const;
    void remove_empty(std::string path) const;

    tree const* m_tree;
    std::string m_directory;
};

} // namespace notes_export::feed
