#include "document/json_value.hpp"

#include <algorithm>
#include <array>

namespace notes_export {

namespace {

// pg_type.dat of PostgreSQL.
enum builtin_type : type_oid {
    bool_type = 16,
    name_type = 19,
    int8_type = 20,
    int2_type = 21,
    int4_type = 23,
    text_type = 25,
    json_type = 114,
    float4_type = 700,
    float8_type = 701,
    bpchar_type = 1042,
    varchar_type = 1043,
    date_type = 1082,
    timestamp_type = 1114,
    timestamptz_type = 1184,
    numeric_type = 1700,
    uuid_type = 2950,
    jsonb_type = 3802
};

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

std::optional<json_form> json_form_of(type_oid type) noexcept {
    switch (type) {
    case bool_type:
        return json_form::boolean;
    case int2_type:
    case int4_type:
    case int8_type:
    case float4_type:
    case float8_type:
    case numeric_type:
        return json_form::number;
    case json_type:
    case jsonb_type:
        return json_form::verbatim;
    case name_type:
    case text_type:
    case bpchar_type:
    case varchar_type:
    case uuid_type:
    case date_type:
        return json_form::string;
    case timestamp_type:
        return json_form::timestamp;
    case timestamptz_type:
        return json_form::zoned;
    default:
        return std::nullopt;
    }
}

bool is_integer(type_oid type) noexcept {
    return type == int2_type || type == int4_type || type == int8_type;
}

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

} // namespace notes_export
