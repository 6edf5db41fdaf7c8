#include "files/sha256.hpp"

#include <new>
#include <openssl/evp.h>
#include <stdexcept>

namespace notes_export {

namespace {

// A provider that is missing, or a policy that forbids it: nothing of ours works without.
void require(int result) {
    if (result != 1)
        throw std::runtime_error{"OpenSSL gives no SHA-256"};
}

} // namespace

struct sha256::context {
    EVP_MD_CTX* state = EVP_MD_CTX_new();

    context() {
        if (state == nullptr)
            throw std::bad_alloc{};
    }
    ~context() { EVP_MD_CTX_free(state); }
    context(context const&) = delete;
    context& operator=(context const&) = delete;

    void begin() const { require(EVP_DigestInit_ex(state, EVP_sha256(), nullptr)); }
};

sha256::sha256() : m_context{std::make_unique<context>()} {
    m_context->begin();
}
sha256::sha256(sha256&& other) noexcept = default;
sha256& sha256::operator=(sha256&& other) noexcept = default;
sha256::~sha256() = default;

void sha256::add(std::string_view piece) {
    require(EVP_DigestUpdate(m_context->state, piece.data(), piece.size()));
}

sha256_digest sha256::finish() {
    sha256_digest digest{};
    require(EVP_DigestFinal_ex(m_context->state, digest.data(), nullptr));
    m_context->begin();
    return digest;
}

sha256_digest sha256::of(std::string_view bytes) {
    sha256 all;
    all.add(bytes);
    return all.finish();
}

} // namespace notes_export
