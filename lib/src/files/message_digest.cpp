#include "files/message_digest.hpp"

#include <openssl/evp.h>
#include <stdexcept>

namespace notes_export {

namespace {

/// Looked up once: that costs as much as the digest of a small file.
EVP_MD const* method_of(message_digest::algorithm which) {
    static EVP_MD const* const md5 = EVP_md5();
    static EVP_MD const* const sha1 = EVP_sha1();
    static EVP_MD const* const sha256 = EVP_sha256();
    switch (which) {
    case message_digest::algorithm::md5:
        return md5;
    case message_digest::algorithm::sha1:
        return sha1;
    case message_digest::algorithm::sha256:
        break;
    }
    return sha256;
}

void require(bool done) {
    if (!done)
        throw std::runtime_error{"OpenSSL cannot compute a digest that is needed: is MD5 or SHA-1 forbidden here?"};
}

} // namespace

void message_digest::release::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

message_digest::message_digest(algorithm which) : m_context{EVP_MD_CTX_new()} {
    require(m_context && EVP_DigestInit_ex(m_context.get(), method_of(which), nullptr) == 1);
}

void message_digest::add(std::string_view bytes) {
    require(EVP_DigestUpdate(m_context.get(), bytes.data(), bytes.size()) == 1);
}

void message_digest::finish(std::span<std::uint8_t> into) {
    require(EVP_MD_CTX_size(m_context.get()) == static_cast<int>(into.size()) &&
            EVP_DigestFinal_ex(m_context.get(), into.data(), nullptr) == 1);
}

} // namespace notes_export
