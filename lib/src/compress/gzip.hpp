#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

constexpr int usual_gzip_level = 6;

/// Compressed: the same bytes each time, without name and time. Levels are libdeflate's, 1 to 12.
std::string gzip(std::string_view bytes, int level = usual_gzip_level);
/// nullopt when it is not one whole gzip file, or holds more than `longest` bytes.
std::optional<std::string> gunzip(std::string_view compressed, std::size_t longest);

/// For what is too large for memory: pieces in, pieces out; the same bytes each time, not those of gzip(). Levels
/// are zlib's, 1 to 9. Thread: one.
class gzip_stream {
public:
    explicit gzip_stream(std::function<void(std::string_view)> out, int level = usual_gzip_level);
    ~gzip_stream();
    gzip_stream(gzip_stream const&) = delete;
    gzip_stream& operator=(gzip_stream const&) = delete;

    void add(std::string_view piece);
    void finish();

private:
    struct state;
    std::unique_ptr<state> m_state;
};

} // namespace notes_export
