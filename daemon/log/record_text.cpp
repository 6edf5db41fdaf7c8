#include "log/record_text.hpp"

#include "log/safe_text.hpp"

#include <notes_export/utc_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace exportd::logging {

namespace {

/// With milliseconds.
std::string utc(std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    auto text = notes_export::utc_text(time);
    std::array<char, 8> rest{};
    auto const ms = static_cast<int>(duration_cast<milliseconds>(time - floor<seconds>(time)).count());
    std::snprintf(rest.data(), rest.size(), ".%03dZ", ms);
    text.pop_back();
    return text + rest.data();
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
    return escaped_value.empty() || escaped_value.find_first_of(" =\\'") != std::string_view::npos;
}

std::string text_value(field::value_type const& value) {
    struct visitor {
        std::string operator()(std::string_view text) const {
            auto out = escaped(text);
            return needs_quotes(out) ? quoted(text) : out;
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

std::string render_text(record const& r, bool for_journal) {
    std::string line = for_journal ? std::string{} : utc(r.time) + ' ';
    line += padded_name(r.severity);
    line += ' ';
    line += printable(r.message); // it stands in no quotes
    append_field(line, {"event", r.event});
    std::for_each(r.fields.begin(), r.fields.end(), [&](field const& f) { append_field(line, f); });
    if (r.lost_before != 0)
        append_field(line, {"lost_records", r.lost_before});
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
    if (r.lost_before != 0)
        json_field(out, {"lost_records", r.lost_before});
    out.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

} // namespace exportd::logging
