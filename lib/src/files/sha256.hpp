#pragma once

#include "files/file.hpp"
#include "notes_export/feed.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace notes_export {

/// SHA-256 of bytes that come piece by piece. Throws std::runtime_error when OpenSSL cannot. Thread: one.
class sha256 {
public:
    sha256();

    void add(std::string_view bytes);
    /// Of all that was added; nothing may be added afterwards.
    sha256_digest finish();

private:
    struct release {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, release> m_context;
};

sha256_digest sha256_of(std::string_view bytes);
/// Of what follows in an open file, and how much that is. Throws file_error.
struct hashed_bytes {
    std::uint64_t size = 0;
    sha256_digest sha256{};
};
hashed_bytes sha256_of(int fd, std::filesystem::path const& path);

/// Lower-case hexadecimal digits, as sha256sum prints them.
std::string hex_of(sha256_digest const& digest);
std::optional<sha256_digest> digest_of_hex(std::string_view hex) noexcept;

} // namespace notes_export
