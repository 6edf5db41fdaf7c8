#include "files/sha256.hpp"

#include <array>
#include <openssl/evp.h>
#include <span>
#include <stdexcept>
#include <vector>

namespace notes_export {

namespace {

constexpr std::size_t block_size = 256 * 1024;
constexpr std::string_view digits = "0123456789abcdef";

/// Looked up once: that costs as much as the digest of a small file.
EVP_MD const* algorithm() {
    static EVP_MD const* const found = EVP_sha256();
    return found;
}

void require(int done) {
    if (done != 1)
        throw std::runtime_error{"SHA-256: OpenSSL cannot compute it"};
}

int value_of(char c) noexcept {
    auto const at = digits.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

} // namespace

void sha256::release::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

sha256::sha256() : m_context{EVP_MD_CTX_new()} {
    require(m_context ? 1 : 0);
    require(EVP_DigestInit_ex(m_context.get(), algorithm(), nullptr));
}

void sha256::add(std::string_view bytes) {
    require(EVP_DigestUpdate(m_context.get(), bytes.data(), bytes.size()));
}

sha256_digest sha256::finish() {
    sha256_digest digest;
    unsigned size = 0;
    require(EVP_DigestFinal_ex(m_context.get(), digest.data(), &size));
    return digest;
}

sha256_digest sha256_of(std::string_view bytes) {
    sha256 sum;
    sum.add(bytes);
    return sum.finish();
}

hashed_bytes sha256_of(int fd, std::filesystem::path const& path) {
    sha256 sum;
    hashed_bytes found;
    std::vector<char> block(block_size);
    for (;;) {
        auto const n = read_up_to(fd, block, path);
        sum.add({block.data(), n});
        found.size += n;
        if (n < block.size())
            break;
    }
    found.sha256 = sum.finish();
    return found;
}

std::string hex_of(sha256_digest const& digest) {
    std::string hex;
    hex.reserve(2 * digest.size());
    for (auto const byte : digest) {
        hex += digits[byte >> 4U];
        hex += digits[byte & 0xFU];
    }
    return hex;
}

std::optional<sha256_digest> digest_of_hex(std::string_view hex) noexcept {
    sha256_digest digest;
    if (hex.size() != 2 * digest.size())
        return std::nullopt;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        int const high = value_of(hex[2 * i]);
        int const low = value_of(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        digest[i] = static_cast<std::uint8_t>(16 * high + low);
    }
    return digest;
}

} // namespace notes_export
