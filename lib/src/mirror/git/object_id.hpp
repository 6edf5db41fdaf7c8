#pragma once

#include "files/message_digest.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export::mirror {

/// What git calls an object: the SHA-1 of its kind, its size and its bytes.
struct git_object_id {
    std::array<std::uint8_t, 20> bytes{};

    auto operator<=>(git_object_id const&) const = default;
    std::string text() const; ///< 40 hexadecimal digits
    /// nullopt: not 40 lower-case hexadecimal digits.
    static std::optional<git_object_id> parse(std::string_view text);
};

/// The name that git gives a file of these bytes. They come piece by piece, and are `size` in all.
class git_blob_hash {
public:
    explicit git_blob_hash(std::uint64_t size);
    void add(std::string_view piece) { m_digest.add(piece); }
    /// Of all that was added; nothing may be added afterwards.
    git_object_id finish();
    static git_object_id of(std::string_view bytes);

private:
    message_digest m_digest{message_digest::algorithm::sha1};
};

} // namespace notes_export::mirror
