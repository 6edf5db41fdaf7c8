#pragma once

#include "files/message_digest.hpp"
#include "notes_export/feed.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace notes_export::mirror {

using md5_digest = std::array<std::uint8_t, 16>;

/// MD5 of bytes that come piece by piece: what object stores compare, no protection against anybody. Thread: one.
class md5 {
public:
    void add(std::string_view piece) { m_digest.add(piece); }
    /// Of all that was added; nothing may be added afterwards.
    md5_digest finish();

private:
    message_digest m_digest{message_digest::algorithm::md5};
};

sha256_digest hmac_sha256(std::string_view key, std::string_view text);

std::string base64(std::span<std::uint8_t const> bytes);

} // namespace notes_export::mirror
