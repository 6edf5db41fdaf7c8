#include "files/sha256.hpp"

#include "files/hex.hpp"

#include <vector>

namespace notes_export {

namespace {

constexpr std::size_t block_size = 256 * 1024;

} // namespace

sha256_digest sha256::finish() {
    sha256_digest digest;
    m_digest.finish(digest);
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

std::optional<sha256_digest> digest_of_hex(std::string_view hex) noexcept {
    sha256_digest digest;
    return read_hex(hex, digest) ? std::optional{digest} : std::nullopt;
}

} // namespace notes_export
