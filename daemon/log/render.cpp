#include "log/render.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace exportd::logging {

namespace {

constexpr std::string_view ellipsis = "\xE2\x80\xA6";

struct code_point {
    char32_t value;
    std::size_t length; ///< 1 for a byte that is no part of valid UTF-8
    bool valid;
};

code_point decode(std::string_view text) noexcept {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const lead = byte(0);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    std::size_t const length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
        return {lead, 1, false};
    }
    char32_t value = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return {lead, 1, false};
        }
        value = (value << 6U) | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    bool const surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < smallest[length] || value > 0x10FFFF || surrogate) {
        return {lead, 1, false};
    }
    return {value, length, true};
}

/// Would it move the cursor, break the line, or reorder what a person reads?
bool is_unsafe(char32_t c) noexcept {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

void append_hex(std::string& out, char const* prefix, int digits, char32_t value) {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%s%0*x", prefix, digits, static_cast<unsigned>(value));
    out += buffer.data();
}

void append_escape(std::string& out, char32_t c) {
    switch (c) {
    case '\n':
        out += "\\n";
        break;
    case '\r':
        out += "\\r";
        break;
    case '\t':
        out += "\\t";
        break;
    default:
        append_hex(out, c <= 0xFF ? "\\x" : "\\u", c <= 0xFF ? 2 : 4, c);
    }
}

/// Calls use(code_point, its bytes) for each character within max_bytes; true when the text was longer.
template <class Use>
bool for_each_character(std::string_view text, std::size_t max_bytes, Use use) {
    for (std::size_t at = 0; at < text.size();) {
        auto const c = decode(text.substr(at));
        if (at + c.length > max_bytes) {
            return true;
        }
        use(c, text.substr(at, c.length));
        at += c.length;
    }
    return false;
}

std::string safe_line(std::string_view text, std::size_t max_bytes, bool quotes_too) {
    std::string out;
    out.reserve(std::min(text.size(), max_bytes));
    auto const cut = for_each_character(text, max_bytes, [&](code_point c, std::string_view bytes) {
        if (!c.valid || is_unsafe(c.value)) {
            append_escape(out, c.value);
            return;
        }
        if (quotes_too && (c.value == '\\' || c.value == '"')) {
            out += '\\';
        }
        out += bytes;
    });
    return cut ? out.append(ellipsis) : out;
}

std::string utc(std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    auto const seconds_part = floor<seconds>(time);
    std::time_t const t = system_clock::to_time_t(seconds_part);
    std::tm parts{};
    gmtime_r(&t, &parts);
    std::array<char, 64> buffer{};
    auto const length = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    auto const ms = static_cast<int>(duration_cast<milliseconds>(time - seconds_part).count());
    std::snprintf(buffer.data() + length, buffer.size() - length, ".%03dZ", ms);
    return buffer.data();
}

std::string_view padded_name(level l) noexcept {
    constexpr std::array<std::string_view, 5> names{"TRACE", "DEBUG", "INFO ", "WARN ", "ERROR"};
    return names[static_cast<std::size_t>(l)];
}

std::string_view json_name(level l) noexcept {
    constexpr std::array<std::string_view, 5> names{"trace", "debug", "info", "warning", "error"};
    return names[static_cast<std::size_t>(l)];
}

std::string number_text(double value) {
    std::array<char, 32> buffer{};
    auto const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), end};
}

bool needs_quotes(std::string_view escaped_value) {
    return escaped_value.empty() || escaped_value.find_first_of(" =\\") != std::string_view::npos;
}

std::string text_value(field::value_type const& value) {
    struct visitor {
        std::string operator()(std::string_view text) const {
            auto out = escaped(text);
            return needs_quotes(out) ? '"' + out + '"' : out;
        }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(double number) const { return number_text(number); }
        std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    };
    return std::visit(visitor{}, value);
}

void append_field(std::string& line, field const& f) {
    line += ' ';
    line += escaped(f.name());
    line += '=';
    line += text_value(f.value());
}

// ASCII as the target encoding writes every other character as \uXXXX, terminal controls above 0x7F among them.
using json_writer = rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::ASCII<>>;

void json_string(json_writer& out, std::string_view text, std::size_t max_bytes = max_field_bytes) {
    auto const safe = valid_utf8(text, max_bytes);
    out.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
}

void json_field(json_writer& out, field const& f) {
    struct visitor {
        json_writer& out;
        void operator()(std::string_view text) const { json_string(out, text); }
        void operator()(std::int64_t number) const { out.Int64(number); }
        void operator()(double number) const {
            // JSON has no NaN and no infinity.
            std::isfinite(number) ? static_cast<void>(out.Double(number)) : json_string(out, number_text(number));
        }
        void operator()(bool flag) const { out.Bool(flag); }
    };
    json_string(out, f.name());
    std::visit(visitor{out}, f.value());
}

} // namespace

std::string valid_utf8(std::string_view text, std::size_t max_bytes) {
    std::string out;
    auto const cut = for_each_character(text, max_bytes, [&](code_point c, std::string_view bytes) {
        if (c.valid && c.value != 0x7F) {
            out += bytes;
        } else {
            append_escape(out, c.value);
        }
    });
    return cut ? out.append(ellipsis) : out;
}

std::string escaped(std::string_view text, std::size_t max_bytes) {
    return safe_line(text, max_bytes, true);
}

std::string printable(std::string_view text, std::size_t max_bytes) {
    return safe_line(text, max_bytes, false);
}

std::string render_text(record const& r, bool for_journal) {
    std::string line = for_journal ? std::string{} : utc(r.time) + ' ';
    line += padded_name(r.severity);
    line += ' ';
    line += escaped(r.message, max_message_bytes);
    append_field(line, {"event", r.event});
    std::for_each(r.fields.begin(), r.fields.end(), [&](field const& f) { append_field(line, f); });
    if (r.lost_before != 0) {
        append_field(line, {"lost_records", r.lost_before});
    }
    return line;
}

std::string render_json(record const& r) {
    rapidjson::StringBuffer buffer;
    json_writer out{buffer};
    out.StartObject();
    json_field(out, {"time", utc(r.time)});
    json_field(out, {"level", json_name(r.severity)});
    json_field(out, {"event", r.event});
    json_string(out, "message");
    json_string(out, r.message, max_message_bytes);
    std::for_each(r.fields.begin(), r.fields.end(), [&](field const& f) { json_field(out, f); });
    if (r.lost_before != 0) {
        json_field(out, {"lost_records", r.lost_before});
    }
    out.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

} // namespace exportd::logging
