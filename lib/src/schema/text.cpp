#include "schema/text.hpp"

#include "notes_export/utf8.hpp"

#include <cstdio>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace notes_export {

namespace {

bool is_c1_control(std::string_view text, std::size_t at) noexcept { // U+0080 .. U+009F: terminals obey these too
    return text[at] == '\xC2' && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0U;
}

std::size_t length_of_character(std::string_view text, std::size_t at) noexcept {
    constexpr std::size_t longest = 4;
    auto end = at + 1;
    if (static_cast<unsigned char>(text[at]) >= 0x80U)
        while (end < text.size() && end - at < longest && is_continuation(text[end]))
            ++end;
    return end - at;
}

std::string code(unsigned character) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "\\u%04x", character);
    return buffer;
}

} // namespace

std::string json_text(rapidjson::Value const& value) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

std::string printable(std::string_view text, std::size_t longest) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        unsigned const c = static_cast<unsigned char>(text[at]);
        auto const length = length_of_character(text, at);
        auto const shown = c < 0x20 || c == 0x7F     ? code(c)
                           : is_c1_control(text, at) ? code(static_cast<unsigned char>(text[at + 1]))
                                                     : std::string{text.substr(at, length)};
        if (out.size() + shown.size() > longest)
            return out + "...";
        out += shown;
        at += length;
    }
    return out;
}

std::string quoted_text(std::string_view text) {
    return '"' + printable(text) + '"';
}

} // namespace notes_export
