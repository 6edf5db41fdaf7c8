#pragma once

#include "index/reader.hpp"
#include "publish/staging.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace notes_export {

/// What becomes of the entry of one id.
struct index_change {
    std::int64_t id;
    std::optional<std::string> entry; ///< as row_to_json prints it; nullopt: there is none
};

/**
 * An index made of the published one and what changed since: it has the bytes that sorting everything anew would give.
 * It is planned first, so that the caller sees whether there is anything to write, and how much.
 *
 * Throws not_our_index, when order or layout are not certain; file_error.
 */
class index_merge {
public:
    /// `fd` is the published index; write() reads it again. `changes` have distinct ids and outlive the merge.
    index_merge(dataset const& d, int fd, std::filesystem::path path, std::uint64_t size,
                std::span<index_change const> changes);

    /// Does the published index have an entry of this id? Known for ids among the changes.
    bool had(std::int64_t id) const { return m_had.contains(id); }
    bool changes_anything() const noexcept { return m_changes_anything; }
    /// Bytes of the result.
    std::uint64_t size() const noexcept;
    staged_file write(staging& stage, std::string target) const;

private:
    /// A part of the result: entries as they are, or a new one.
    struct piece {
        std::uint64_t begin, end; ///< in the published index
        std::string const* entry; ///< nullptr: those
        std::uint64_t size() const noexcept { return entry == nullptr ? end - begin : entry->size(); }
    };
    struct edit {
        std::uint64_t place; ///< where the entry comes in, or goes out
        std::uint64_t next;  ///< the place behind it; for a new one the same
        index_position position;
        std::string const* entry; ///< nullptr: it goes
    };
    std::vector<edit> edits(dataset const& d, index_reader& published, std::span<index_change const> changes);
    void cut(std::vector<edit> const& edits, std::uint64_t end);
    void keep(std::uint64_t place, std::uint64_t next);
    static bool copy(piece const& kept, file_window& published, staging::writer& out);

    int m_fd;
    std::filesystem::path m_path;
    std::vector<piece> m_pieces;
    std::unordered_set<std::int64_t> m_had;
    bool m_changes_anything = false;
};

} // namespace notes_export
