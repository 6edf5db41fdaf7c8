#include "mirror/digest.hpp"

#include <new>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdexcept>

namespace notes_export::mirror {

namespace {

// OpenSSL refuses MD5 where a policy (FIPS) forbids it.
void require(bool given, char const* what) {
    if (!given)
        throw std::runtime_error{std::string{"OpenSSL gives no "} + what};
}

} // namespace

struct md5::context {
    EVP_MD_CTX* state = EVP_MD_CTX_new();

    context() {
        if (state == nullptr)
            throw std::bad_alloc{};
    }
    ~context() { EVP_MD_CTX_free(state); }
    context(context const&) = delete;
    context& operator=(context const&) = delete;
};

md5::md5() : m_context{std::make_unique<context>()} {
    require(EVP_DigestInit_ex(m_context->state, EVP_md5(), nullptr) == 1, "MD5");
}
md5::md5(md5&& other) noexcept = default;
md5& md5::operator=(md5&& other) noexcept = default;
md5::~md5() = default;

void md5::add(std::string_view piece) {
    require(EVP_DigestUpdate(m_context->state, piece.data(), piece.size()) == 1, "MD5");
}

md5_digest md5::finish() {
    md5_digest digest{};
    require(EVP_DigestFinal_ex(m_context->state, digest.data(), nullptr) == 1, "MD5");
    return digest;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view text) {
    sha256_digest digest{};
    auto const* const bytes = reinterpret_cast<unsigned char const*>(text.data());
    require(::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), digest.data(),
                   nullptr) != nullptr,
            "HMAC");
    return digest;
}

std::string hex(std::span<std::uint8_t const> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (auto const b : bytes) {
        text += digits[b >> 4U];
        text += digits[b & 15U];
    }
    return text;
}

std::string base64(std::span<std::uint8_t const> bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // one more for the NUL that it writes
    auto const length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

} // namespace notes_export::mirror
