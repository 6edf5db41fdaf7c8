#include "mirror/s3/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdexcept>

namespace notes_export::mirror {

md5_digest md5::finish() {
    md5_digest digest{};
    m_digest.finish(digest);
    return digest;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view text) {
    sha256_digest digest{};
    auto const* const bytes = reinterpret_cast<unsigned char const*>(text.data());
    if (::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), digest.data(), nullptr) ==
        nullptr)
        throw std::runtime_error{"OpenSSL gives no HMAC"};
    return digest;
}

std::string base64(std::span<std::uint8_t const> bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // one more for the NUL that it writes
    auto const length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

} // namespace notes_export::mirror
