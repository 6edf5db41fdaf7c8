#include "document/json_value.hpp"

#include <algorithm>
#include <array>

namespace notes_export {

namespace {

// What follows the backslash: 0 is no escape at all, 'u' a number.
constexpr std::array<char, 256> make_escapes() {
    std::array<char, 256> escapes{};
    for (std::size_t c = 0; c < ' '; ++c)
        escapes[c] = 'u';
    escapes['\b'] = 'b';
    escapes['\f'] = 'f';
    escapes['\n'] = 'n';
    escapes['\r'] = 'r';
    escapes['\t'] = 't';
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    return escapes;
}
constexpr auto escapes = make_escapes();

void append_escaped(std::string& out, unsigned char c) {
    out += '\\';
    out += escapes[c];
    if (escapes[c] == 'u') {
        out += "00";
        out += "0123456789abcdef"[c >> 4];
        out += "0123456789abcdef"[c & 15];
    }
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    out += text;
    out += '"';
}

// "infinity" has no space. The years of dates before Christ are followed by " BC".
void append_timestamp(std::string& out, std::string_view printed, bool zoned) {
    auto const space = printed.find(' ');
    if (space == std::string_view::npos)
        return append_quoted(out, printed);
    auto const era = std::min(printed.find(' ', space + 1), printed.size());
    out += '"';
    out += printed.substr(0, space);
    out += 'T';
    out += printed.substr(space + 1, era - space - 1);
    if (zoned) // sessions are pinned to UTC, which is printed +00
        out += ":00";
    out += printed.substr(era);
    out += '"';
}

} // namespace

void append_json_value(std::string& out, json_form form, std::string_view printed) {
    switch (form) {
    case json_form::number:
        // What ends in a digit is a number; NaN, Infinity and -Infinity do not.
        if (printed.back() >= '0' && printed.back() <= '9')
            out += printed;
        else
            append_quoted(out, printed);
        return;
    case json_form::boolean:
        out += printed == "t" ? "true" : "false";
        return;
    case json_form::string:
        return append_json_string(out, printed);
    case json_form::timestamp:
    case json_form::zoned:
        return append_timestamp(out, printed, form == json_form::zoned);
    case json_form::verbatim:
        out += printed;
    }
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const c = static_cast<unsigned char>(text[i]);
        if (escapes[c] == 0)
            continue;
        out += text.substr(begin, i - begin);
        append_escaped(out, c);
        begin = i + 1;
    }
    out += text.substr(begin);
    out += '"';
}

std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

} // namespace notes_export
