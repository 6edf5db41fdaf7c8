#pragma once

#include "mirror/git/object_id.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/**
 * Which blob each path of a commit is: 40 bytes for each, however long the paths are.
 *
 * Paths are told apart by 128 bits of their SHA-1. Thread: one.
 */
class git_listing {
public:
    void add(std::string_view path, git_object_id const& id);
    /// After the last add().
    void sort();
    /// Notes that it was asked for.
    std::optional<git_object_id> find(std::string_view path);
    bool asked_for(std::string_view path) const;
    bool empty() const noexcept { return m_entries.empty(); }

private:
    using key = std::array<std::uint8_t, 16>;
    struct entry {
        key path;
        git_object_id id;
        bool asked = false;
    };
    static key key_of(std::string_view path);
    std::vector<entry>::const_iterator place_of(std::string_view path) const;

    std::vector<entry> m_entries;
};

} // namespace notes_export::mirror
