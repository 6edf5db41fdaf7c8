#pragma once

#include "mirror/s3/digest.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/**
 * The files of a tree, and what the target has of each: 500,000 of them in about 30 MB.
 *
 * add() all, then sort(); from then on they are in the order of their paths' bytes, as object stores list.
 */
class file_list {
public:
    struct entry {
        std::uint64_t size = 0;  ///< of the file
        std::uint32_t place = 0; ///< of its path
        std::uint16_t length = 0;
        bool stored = false;           ///< the target has it, with:
        bool has_md5 = false;          ///< false: its MD5 is not known
        std::uint64_t stored_size = 0; ///< bytes
        md5_digest stored_md5{};
    };

    void add(std::string_view path, std::uint64_t size);
    void sort();

    std::size_t size() const noexcept { return m_entries.size(); }
    entry& operator[](std::size_t i) { return m_entries[i]; }
    entry const& operator[](std::size_t i) const { return m_entries[i]; }
    std::string_view path(std::size_t i) const { return path_of(m_entries[i]); }
    /// Where a path is; nullopt: it is not there.
    std::optional<std::size_t> find(std::string_view path) const;

private:
    std::string_view path_of(entry const& e) const { return std::string_view{m_paths}.substr(e.place, e.length); }

    std::string m_paths; ///< one behind the other
    std::vector<entry> m_entries;
};

} // namespace notes_export::mirror
