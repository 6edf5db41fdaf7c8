#include "mirror/git_object_id.hpp"

#include <openssl/evp.h>
#include <stdexcept>

namespace notes_export::mirror {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

EVP_MD_CTX* context_of(void* p) {
    return static_cast<EVP_MD_CTX*>(p);
}

void require(bool good) {
    if (!good)
        throw std::runtime_error{"OpenSSL computes no SHA-1"};
}

} // namespace

std::string git_object_id::text() const {
    std::string all;
    all.reserve(2 * bytes.size());
    for (auto const byte : bytes) {
        all += digits[byte >> 4U];
        all += digits[byte & 15U];
    }
    return all;
}

std::optional<git_object_id> git_object_id::parse(std::string_view text) {
    git_object_id id;
    if (text.size() != 2 * id.bytes.size())
        return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const value = digits.find(text[i]);
        if (value == std::string_view::npos)
            return std::nullopt;
        auto& byte = id.bytes[i / 2];
        byte = static_cast<std::uint8_t>(byte << 4U | value);
    }
    return id;
}

git_blob_hash::git_blob_hash(std::uint64_t size) : m_context{EVP_MD_CTX_new()} {
    bool const good = m_context != nullptr && EVP_DigestInit_ex(context_of(m_context), EVP_sha1(), nullptr) == 1;
    if (!good)
        EVP_MD_CTX_free(context_of(m_context));
    require(good);
    std::string head = "blob " + std::to_string(size);
    head += '\0';
    add(head);
}

git_blob_hash::~git_blob_hash() {
    EVP_MD_CTX_free(context_of(m_context));
}

void git_blob_hash::add(std::string_view piece) {
    require(EVP_DigestUpdate(context_of(m_context), piece.data(), piece.size()) == 1);
}

git_object_id git_blob_hash::finish() {
    git_object_id id;
    require(EVP_DigestFinal_ex(context_of(m_context), id.bytes.data(), nullptr) == 1);
    return id;
}

git_object_id git_blob_hash::of(std::string_view bytes) {
    git_blob_hash hash{bytes.size()};
    hash.add(bytes);
    return hash.finish();
}

} // namespace notes_export::mirror
