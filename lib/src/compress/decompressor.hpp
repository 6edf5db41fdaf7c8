#pragma once

#include "notes_export/compression.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace notes_export {

/**
 * What was compressed comes out piece by piece, at most 32 kB at once, so that nothing hostile fills the memory.
 *
 * Thread: one.
 */
class decompressor {
public:
    /// `out` says whether to go on.
    decompressor(compression how, std::function<bool(std::string_view)> out);
    ~decompressor();
    decompressor(decompressor const&) = delete;
    decompressor& operator=(decompressor const&) = delete;

    /// false: it is damaged, something follows its end, or `out` did not want more. Then that is so for ever.
    bool add(std::string_view piece);
    /// Was all that was added one whole file?
    bool is_whole() const noexcept;

private:
    struct state;
    struct gzip_state;
    struct brotli_state;
    std::unique_ptr<state> m_state;
};

} // namespace notes_export
