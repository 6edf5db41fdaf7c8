#include "twin/comparison.hpp"

#include "compress/decompressor.hpp"
#include "files/stamp.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace notes_export {

namespace {

constexpr std::size_t block_bytes = 64 << 10;

// Nothing that compresses makes so much more of it.
constexpr std::uint64_t most_bytes(std::uint64_t size) {
    return size + size / 8 + 65536;
}

/// Gives what comes out of a twin to `same`, which says whether it is right so far. false: it is no twin.
bool decompress(file const& twin, std::filesystem::path const& path, compression how, std::uint64_t size,
                std::function<bool(std::string_view)> same) {
    auto const stamp = twin ? stamp_of(twin.fd(), path) : std::nullopt;
    if (!stamp)
        return false;
    decompressor out{how, std::move(same)};
    std::vector<char> block(std::min<std::size_t>(block_bytes, static_cast<std::size_t>(stamp->size) + 1));
    for (std::uint64_t seen = 0; seen <= most_bytes(size);) {
        auto const n = read_up_to(twin.fd(), std::span{block}, path);
        if (n == 0)
            return out.is_whole();
        if (!out.add({block.data(), n}))
            return false;
        seen += n;
    }
    return false;
}

} // namespace

compressions twins_beside(tree const& t, std::string_view path, compressions among) {
    compressions found;
    for (auto const how : all_compressions)
        if (among.has(how) && t.is_removable(twin_path(path, how)))
            found.add(how);
    return found;
}

bool is_twin_of(tree const& t, std::string_view path, compression how, std::string_view bytes) {
    auto const twin = twin_path(path, how);
    auto rest = bytes;
    return decompress(t.open_file(twin), t.full(twin), how, bytes.size(),
                      [&](std::string_view piece) {
                          if (!rest.starts_with(piece))
                              return false;
                          rest.remove_prefix(piece.size());
                          return true;
                      }) &&
           rest.empty();
}

bool is_twin_of_file(tree const& t, std::string_view path, compression how) {
    auto const twin = twin_path(path, how);
    auto const of = t.open_file(path);
    auto const stamp = of ? stamp_of(of.fd(), t.full(path)) : std::nullopt;
    if (!stamp)
        return false;
    std::vector<char> block(block_bytes);
    auto const same = [&](std::string_view piece) {
        while (!piece.empty()) {
            auto const n =
                read_up_to(of.fd(), std::span{block}.first(std::min(block.size(), piece.size())), t.full(path));
            if (n == 0 || std::memcmp(block.data(), piece.data(), n) != 0)
                return false;
            piece.remove_prefix(n);
        }
        return true;
    };
    return decompress(t.open_file(twin), t.full(twin), how, static_cast<std::uint64_t>(stamp->size), same) &&
           read_up_to(of.fd(), std::span{block}.first(1), t.full(path)) == 0;
}

} // namespace notes_export
