#include "schema/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <rapidjson/encodings.h>
#include <rapidjson/memorystream.h>

namespace notes_export {

namespace {

struct nowhere {
    using Ch = char;
    void Put(char) noexcept {}
};

/// The next byte that is not ASCII, or the end.
std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept {
    std::uint64_t eight = 0;
    for (; at + sizeof eight <= text.size(); at += sizeof eight) {
        std::memcpy(&eight, text.data() + at, sizeof eight);
        if ((eight & 0x8080808080808080U) != 0)
            break;
    }
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0x80U) == 0)
        ++at;
    return at;
}

} // namespace

std::size_t find_invalid_utf8(std::string_view text) noexcept {
    nowhere out;
    for (auto at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
        rapidjson::MemoryStream in{text.data() + at, text.size() - at};
        if (!rapidjson::UTF8<>::Validate(in, out))
            return at;
        at += in.Tell();
    }
    return std::string_view::npos;
}

std::string readable_utf8(std::string text) {
    for (auto at = find_invalid_utf8(text); at != std::string::npos; at = find_invalid_utf8(text))
        text[at] = '?';
    return text;
}

std::size_t code_points(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), std::not_fn(is_continuation)));
}

} // namespace notes_export
