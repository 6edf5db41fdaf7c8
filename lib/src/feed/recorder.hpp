#pragma once

#include "document/metadata.hpp"
#include "feed/ahead_list.hpp"
#include "feed/composition.hpp"
#include "feed/lists.hpp"
#include "feed/outlook.hpp"
#include "notes_export/config.hpp"
#include "publish/held_tree.hpp"

#include <cstdint>
#include <filesystem>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace notes_export::feed {

/**
 * Writes the change feed: what each generation of the tree changed and removed.
 *
 * Order   paths are on disk in the write-ahead list before they are renamed or removed; the change list is in place
 *         before metadata.json, and state.json is replaced when the removals have been made. So whatever ends a cycle,
 *         what it did is in the list of the next one, and nobody who reads state.json is ahead of the tree.
 * Throws  file_error.
 * Thread  one at a time: a batch that is published on another thread is waited for before anything else is called, but
 *         hash_soon().
 */
class recorder {
public:
    /// Both outlive it, as do the configuration's parts.
    recorder(held_tree& held, export_config const& config);

    /// Before a cycle stages anything: what its list can say, and the greatest number used so far. Puts in order what a
    /// crash left. `live_text` is metadata.json, `recorded` the generation that the database knows, `less_is_exported`
    /// says that paths may be changed that followers, by their configuration, do not know.
    outlook const& begin(std::string const& live_text, std::optional<metadata> const& live, std::uint64_t recorded,
                         bool less_is_exported = false);
    /// `[feed] retention = 0`: nothing is recorded.
    bool off() const noexcept { return m_config->feed.retention.count() == 0; }

    /// Files that are about to be put into place by a batch, which is not the last. Durable when sync_ahead() returns.
    void add_ahead(std::vector<staged_file> const& files);
    /// A path that is about to be replaced by somebody else's code. Durable on return.
    void look_later(std::string const& path);
    void sync_ahead() const;

    /// The digest of a large file is computed beside what follows.
    void hash_soon(staged_file const& file);
    /// All of the end is on the write-ahead list, and the change list can be made.
    void begin_end(last_step end);
    /// What is to be on disk before the end is put into place: with the files of end.
    std::vector<late_file> owed_to_disk();
    /// The list, to be put into place before metadata.json. Nothing: the feed is off.
    std::vector<staged_file> list() const;
    /// All has been put into place and removed: state.json follows.
    void finish();
    /// The list of the newest generation; "" is none.
    std::filesystem::path newest_list() const;

private:
    lists const& ours() const noexcept { return m_config->feed.publish ? m_public : m_private; }
    lists const& others() const noexcept { return m_config->feed.publish ? m_private : m_public; }
    outlook const& be_off();
    outlook_facts look(std::string const& live_text, std::optional<metadata> const& live, std::uint64_t recorded);
    outlook_facts::list_of_live compare_list(std::string const& live_text, metadata const& live);
    void write_state(feed_state const& state);
    void append(std::vector<ahead_entry> const& entries);
    sha256_digest digest_of(staged_file const& f) const;
    file write_list();
    void forget_old(feed_state const& before);

    held_tree* m_held;
    export_config const* m_config;
    lists m_public;
    lists m_private;
    ahead_list m_ahead;

    /// What begin() found.
    struct beginning {
        outlook says;
        std::uint64_t live = 0;        ///< the generation that metadata.json names
        std::vector<std::string> left; ///< what earlier cycles had begun to change, sorted
        std::uint64_t ahead = 0;       ///< where this cycle's blocks in the write-ahead list begin
    } m_found;
    /// The feed as it is in the tree.
    struct published {
        std::optional<feed_state> state;
        std::optional<listed_file> last; ///< metadata.json as the list of last_generation names it
        std::uint64_t last_generation = 0;
        bool swept = false; ///< no other lists are there than state.json tells of
    } m_published;
    /// What this cycle is about to publish.
    struct making {
        bool doubts_told = false; ///< the write-ahead list says that not all can be listed
        last_step end;
        feed_state next;
        std::map<std::string, std::shared_future<sha256_digest>> hashes; ///< by name in staging
        std::optional<staged_file> list;
        std::optional<staged_file> next_state;
    } m_making;
};

} // namespace notes_export::feed
