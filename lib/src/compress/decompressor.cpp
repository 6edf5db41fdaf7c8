#include "compress/decompressor.hpp"

#include <algorithm>
#include <array>
#include <brotli/decode.h>
#include <limits>
#include <new>
#include <utility>
#include <zlib.h>

namespace notes_export {

struct decompressor::state {
    explicit state(std::function<bool(std::string_view)> sink) : out{std::move(sink)} {}
    virtual ~state() = default;
    state(state const&) = delete;
    state& operator=(state const&) = delete;

    virtual bool add(std::string_view piece) = 0;

    std::function<bool(std::string_view)> out;
    std::array<unsigned char, 32768> block{};
    bool ended = false;
};

struct decompressor::gzip_state final : state {
    explicit gzip_state(std::function<bool(std::string_view)> sink) : state{std::move(sink)} {
        constexpr int as_gzip = 16;
        if (inflateInit2(&z, MAX_WBITS + as_gzip) != Z_OK)
            throw std::bad_alloc{};
    }
    ~gzip_state() override { inflateEnd(&z); }

    bool add(std::string_view piece) override {
        z.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data())); // it only reads there
        z.avail_in = static_cast<unsigned>(piece.size());
        do {
            z.next_out = block.data();
            z.avail_out = static_cast<unsigned>(block.size());
            int const said = inflate(&z, Z_NO_FLUSH);
            if (said == Z_MEM_ERROR)
                throw std::bad_alloc{};
            if (said != Z_OK && said != Z_STREAM_END && said != Z_BUF_ERROR)
                return false;
            if (auto const n = block.size() - z.avail_out;
                n > 0 && !out({reinterpret_cast<char const*>(block.data()), n}))
                return false;
            ended = said == Z_STREAM_END;
        } while (!ended && z.avail_out == 0);
        return z.avail_in == 0;
    }

    z_stream z{};
};

struct decompressor::brotli_state final : state {
    explicit brotli_state(std::function<bool(std::string_view)> sink)
        : state{std::move(sink)}, decoder{BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)} {
        if (decoder == nullptr)
            throw std::bad_alloc{};
    }
    ~brotli_state() override { BrotliDecoderDestroyInstance(decoder); }

    bool add(std::string_view piece) override {
        auto const* next = reinterpret_cast<std::uint8_t const*>(piece.data());
        std::size_t rest = piece.size();
        for (;;) {
            auto* place = block.data();
            std::size_t room = block.size();
            auto const said = BrotliDecoderDecompressStream(decoder, &rest, &next, &room, &place, nullptr);
            if (said == BROTLI_DECODER_RESULT_ERROR)
                return false;
            if (auto const n = block.size() - room; n > 0 && !out({reinterpret_cast<char const*>(block.data()), n}))
                return false;
            ended = said == BROTLI_DECODER_RESULT_SUCCESS;
            if (said != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
                return rest == 0;
        }
    }

    BrotliDecoderState* decoder;
};

decompressor::decompressor(compression how, std::function<bool(std::string_view)> out) {
    if (how == compression::gzip)
        m_state = std::make_unique<gzip_state>(std::move(out));
    else
        m_state = std::make_unique<brotli_state>(std::move(out));
}
decompressor::~decompressor() = default;

bool decompressor::add(std::string_view piece) {
    constexpr std::size_t most = 1U << 30U; // zlib counts in unsigned
    while (m_state && !piece.empty()) {
        auto const now = piece.substr(0, most);
        piece.remove_prefix(now.size());
        if (m_state->ended || !m_state->add(now))
            m_state.reset();
    }
    return m_state != nullptr;
}

bool decompressor::is_whole() const noexcept {
    return m_state && m_state->ended;
}

} // namespace notes_export
