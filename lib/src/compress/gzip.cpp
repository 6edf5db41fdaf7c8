#include "compress/gzip.hpp"

#include <algorithm>
#include <array>
#include <libdeflate.h>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>
#include <zlib.h>

namespace notes_export {

namespace {

struct free_compressor {
    void operator()(libdeflate_compressor* c) const noexcept { libdeflate_free_compressor(c); }
};
struct free_decompressor {
    void operator()(libdeflate_decompressor* d) const noexcept { libdeflate_free_decompressor(d); }
};

} // namespace

std::string gzip(std::string_view bytes, int level) {
    // It is large, and files are many.
    thread_local std::unique_ptr<libdeflate_compressor, free_compressor> compressor;
    thread_local int level_of_it = 0;
    if (!compressor || level_of_it != level) {
        compressor.reset(libdeflate_alloc_compressor(level));
        level_of_it = level;
    }
    if (!compressor)
        throw std::bad_alloc{};
    std::string compressed(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()), '\0');
    compressed.resize(
        libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), compressed.data(), compressed.size()));
    if (compressed.empty())
        throw std::runtime_error{"libdeflate compressed nothing"};
    return compressed;
}

std::optional<std::string> gunzip(std::string_view compressed, std::size_t longest) {
    std::unique_ptr<libdeflate_decompressor, free_decompressor> const decompressor{libdeflate_alloc_decompressor()};
    if (!decompressor)
        throw std::bad_alloc{};
    std::string bytes(longest, '\0');
    std::size_t used = 0;
    if (libdeflate_gzip_decompress(decompressor.get(), compressed.data(), compressed.size(), bytes.data(), bytes.size(),
                                   &used) != LIBDEFLATE_SUCCESS)
        return std::nullopt;
    bytes.resize(used);
    return bytes;
}

struct gzip_stream::state {
    state(std::function<void(std::string_view)> sink, int level) : out{std::move(sink)} {
        constexpr int as_gzip = 16;
        constexpr int usual_memory = 8;
        if (deflateInit2(&z, level, Z_DEFLATED, MAX_WBITS + as_gzip, usual_memory, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc{};
    }
    ~state() { deflateEnd(&z); }
    state(state const&) = delete;
    state& operator=(state const&) = delete;

    void run(int how) {
        do {
            z.next_out = block.data();
            z.avail_out = static_cast<unsigned>(block.size());
            if (deflate(&z, how) == Z_STREAM_ERROR)
                throw std::runtime_error{"zlib cannot compress"};
            if (auto const n = block.size() - z.avail_out; n > 0)
                out({reinterpret_cast<char const*>(block.data()), n});
        } while (z.avail_out == 0);
    }

    std::function<void(std::string_view)> out;
    z_stream z{};
    std::array<unsigned char, 32768> block{};
};

gzip_stream::gzip_stream(std::function<void(std::string_view)> out, int level)
    : m_state{std::make_unique<state>(std::move(out), level)} {}
gzip_stream::~gzip_stream() = default;

void gzip_stream::add(std::string_view piece) {
    while (!piece.empty()) {
        auto const n = std::min<std::size_t>(piece.size(), std::numeric_limits<unsigned>::max() / 2);
        m_state->z.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data())); // it only reads there
        m_state->z.avail_in = static_cast<unsigned>(n);
        m_state->run(Z_NO_FLUSH);
        piece.remove_prefix(n);
    }
}

void gzip_stream::finish() {
    m_state->z.avail_in = 0;
    m_state->run(Z_FINISH);
}

} // namespace notes_export
