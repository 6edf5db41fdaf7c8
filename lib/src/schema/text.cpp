#include "schema/text.hpp"

#include "schema/utf8.hpp"

#include <cstdio>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace notes_export {

namespace {

std::string_view cut(std::string_view text, std::size_t longest) {
    if (text.size() <= longest)
        return text;
    while (longest > 0 && is_continuation(text[longest]))
        --longest;
    return text.substr(0, longest);
}

std::string code(unsigned character) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "\\u%04x", character);
    return buffer;
}

} // namespace

std::string json_string(std::string_view text) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return {buffer.GetString(), buffer.GetSize()};
}

std::string json_text(rapidjson::Value const& value) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

std::string printable(std::string_view text, std::size_t longest) {
    auto const shown = cut(text, longest);
    std::string out;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        unsigned const c = static_cast<unsigned char>(shown[i]);
        unsigned const following = i + 1 < shown.size() ? static_cast<unsigned char>(shown[i + 1]) : 0;
        if (c < 0x20 || c == 0x7F) {
            out += code(c);
        } else if (c == 0xC2 && following < 0xA0) { // U+0080 .. U+009F: terminals obey these too
            out += code(following);
            ++i;
        } else {
            out += shown[i];
        }
    }
    if (shown.size() < text.size())
        out += "...";
    return out;
}

std::string quoted_text(std::string_view text) {
    return '"' + printable(text) + '"';
}

} // namespace notes_export
