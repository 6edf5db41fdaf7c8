#include "compress/brotli.hpp"

#include <brotli/encode.h>
#include <new>
#include <stdexcept>
#include <utility>

namespace notes_export {

struct brotli_stream::state {
    state(std::function<void(std::string_view)> sink, int quality)
        : out{std::move(sink)}, encoder{BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)} {
        if (encoder == nullptr)
            throw std::bad_alloc{};
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(quality));
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT);
    }
    ~state() { BrotliEncoderDestroyInstance(encoder); }
    state(state const&) = delete;
    state& operator=(state const&) = delete;

    void run(BrotliEncoderOperation what, std::string_view piece) {
        auto const* next = reinterpret_cast<std::uint8_t const*>(piece.data());
        std::size_t rest = piece.size();
        do {
            std::size_t no_room = 0;
            if (BrotliEncoderCompressStream(encoder, what, &rest, &next, &no_room, nullptr, nullptr) == BROTLI_FALSE)
                throw std::runtime_error{"brotli cannot compress"};
            std::size_t n = 0;
            if (auto const* made = BrotliEncoderTakeOutput(encoder, &n); n > 0)
                out({reinterpret_cast<char const*>(made), n});
        } while (rest > 0 || BrotliEncoderHasMoreOutput(encoder) == BROTLI_TRUE);
    }

    std::function<void(std::string_view)> out;
    BrotliEncoderState* encoder;
};

brotli_stream::brotli_stream(std::function<void(std::string_view)> out, int quality)
    : m_state{std::make_unique<state>(std::move(out), quality)} {}
brotli_stream::~brotli_stream() = default;

void brotli_stream::add(std::string_view piece) {
    if (!piece.empty())
        m_state->run(BROTLI_OPERATION_PROCESS, piece);
}

void brotli_stream::finish() {
    m_state->run(BROTLI_OPERATION_FINISH, {});
}

// With all bytes at hand its window is no larger than they are.
std::string brotli(std::string_view bytes, int quality) {
    std::size_t size = BrotliEncoderMaxCompressedSize(bytes.size());
    std::string compressed(size, '\0');
    auto const* in = reinterpret_cast<std::uint8_t const*>(bytes.data());
    auto* out = reinterpret_cast<std::uint8_t*>(compressed.data());
    if (size == 0 || BrotliEncoderCompress(quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, bytes.size(), in, &size,
                                           out) == BROTLI_FALSE)
        throw std::bad_alloc{};
    compressed.resize(size);
    return compressed;
}

} // namespace notes_export
