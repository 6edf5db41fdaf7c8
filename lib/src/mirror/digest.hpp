#pragma once

#include "notes_export/feed.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace notes_export::mirror {

using md5_digest = std::array<std::uint8_t, 16>;

/// MD5 of bytes that come piece by piece: what object stores compare, no protection against anybody. Thread: one.
class md5 {
public:
    md5();
    md5(md5&& other) noexcept;
    md5& operator=(md5&& other) noexcept;
    ~md5();

    void add(std::string_view piece);
    md5_digest finish();

private:
    struct context;
    std::unique_ptr<context> m_context;
};

sha256_digest hmac_sha256(std::string_view key, std::string_view text);

std::string hex(std::span<std::uint8_t const> bytes);
std::string base64(std::span<std::uint8_t const> bytes);

} // namespace notes_export::mirror
