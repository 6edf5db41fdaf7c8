#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace notes_export {

/// Compressed: the same bytes each time. Qualities are brotli's, 0 to 11. Throws std::bad_alloc.
std::string brotli(std::string_view bytes, int quality);

/// For what is too large for memory: pieces in, pieces out; the same bytes each time. Takes some tens of megabytes,
/// however much goes through. Thread: one.
class brotli_stream {
public:
    brotli_stream(std::function<void(std::string_view)> out, int quality);
    ~brotli_stream();
    brotli_stream(brotli_stream const&) = delete;
    brotli_stream& operator=(brotli_stream const&) = delete;

    void add(std::string_view piece);
    void finish();

private:
    struct state;
    std::unique_ptr<state> m_state;
};

} // namespace notes_export
