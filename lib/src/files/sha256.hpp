#pragma once

#include "notes_export/feed.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace notes_export {

/// SHA-256 of bytes that come piece by piece; OpenSSL's. Thread: one.
class sha256 {
public:
    sha256();
    sha256(sha256&& other) noexcept;
    sha256& operator=(sha256&& other) noexcept;
    ~sha256();

    void add(std::string_view piece);
    /// Of all pieces; begins anew.
    sha256_digest finish();
    static sha256_digest of(std::string_view bytes);

private:
    struct context;
    std::unique_ptr<context> m_context;
};

} // namespace notes_export
