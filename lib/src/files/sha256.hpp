#pragma once

#include "files/file.hpp"
#include "files/message_digest.hpp"
#include "notes_export/feed.hpp"

#include <filesystem>
#include <optional>
#include <string_view>

namespace notes_export {

/// SHA-256 of bytes that come piece by piece. Throws std::runtime_error when OpenSSL cannot. Thread: one.
class sha256 {
public:
    void add(std::string_view bytes) { m_digest.add(bytes); }
    /// Of all that was added; nothing may be added afterwards.
    sha256_digest finish();

private:
    message_digest m_digest{message_digest::algorithm::sha256};
};

sha256_digest sha256_of(std::string_view bytes);
/// Of what follows in an open file, and how much that is. Throws file_error.
struct hashed_bytes {
    std::uint64_t size = 0;
    sha256_digest sha256{};
};
hashed_bytes sha256_of(int fd, std::filesystem::path const& path);

/// What hex_of() prints of one; nullopt: the text is none.
std::optional<sha256_digest> digest_of_hex(std::string_view hex) noexcept;

} // namespace notes_export
