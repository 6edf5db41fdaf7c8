#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct evp_md_ctx_st;

namespace notes_export {

/**
 * A digest of bytes that come piece by piece, computed by OpenSSL.
 *
 * Throws  std::runtime_error when OpenSSL gives none: a policy (FIPS) may forbid MD5, or SHA-1.
 * Thread  one.
 */
class message_digest {
public:
    enum class algorithm { md5, sha1, sha256 };
    explicit message_digest(algorithm which);

    void add(std::string_view bytes);
    /// Of all that was added, into exactly as many bytes as it has; nothing may be added afterwards.
    void finish(std::span<std::uint8_t> into);

private:
    struct release {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, release> m_context;
};

} // namespace notes_export
