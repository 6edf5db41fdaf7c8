#include "document/metadata.hpp"

#include "document/bounded_json.hpp"
#include "document/json_members.hpp"
#include "notes_export/utc_text.hpp"

#include <algorithm>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

namespace notes_export {

namespace {

constexpr std::string_view schema_version = "1.0.0";
constexpr std::string_view api_compat_min = "1.0.0";
// Beyond these a file is damaged: the year would have five digits, the next generation would not fit its column.
constexpr std::int64_t last_timestamp = 253'402'300'799;
constexpr std::uint64_t last_generation = 1ULL << 53U;
constexpr std::string_view total_prefix = "total_";

using json_writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void put(json_writer& w, std::string_view key, std::string_view value) {
    w.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
    w.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void put(json_writer& w, std::string_view key, std::uint64_t value) {
    w.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
    w.Uint64(value);
}

// Datasets have no other names. Of a damaged file: half of a character could not be written again.
bool is_plain(std::string_view name) {
    return std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
}

} // namespace

std::string metadata::export_date() const {
    return utc_text(std::chrono::sys_seconds{std::chrono::seconds{export_timestamp}});
}

std::uint64_t metadata::total(std::string_view dataset) const noexcept {
    for (auto const& [name, count] : totals)
        if (name == dataset)
            return count;
    return 0;
}

std::string metadata::text() const {
    rapidjson::StringBuffer buffer;
    json_writer w{buffer};
    w.SetIndent(' ', 2);
    w.StartObject();
    put(w, "export_date", export_date());
    put(w, "export_timestamp", static_cast<std::uint64_t>(export_timestamp));
    for (auto const& [name, count] : totals)
        put(w, std::string{total_prefix} + name, count);
    put(w, "version", version);
    put(w, "schema_version", schema_version);
    put(w, "api_compat_min", api_compat_min);
    put(w, "data_schema_hash", data_schema_hash);
    put(w, "generation", generation);
    if (publishing > 0)
        put(w, "publishing", publishing);
    w.EndObject();
    return std::string{buffer.GetString(), buffer.GetSize()} + '\n';
}

std::optional<metadata> metadata::parse(std::string_view text) {
    auto const parsed = parse_json(text);
    if (!parsed || !parsed->IsObject() || string_member(*parsed, "export_date").empty())
        return std::nullopt;
    auto const& d = *parsed;
    metadata m;
    m.export_timestamp = static_cast<std::int64_t>(integer_member<std::uint64_t>(d, "export_timestamp"));
    m.version = string_member(d, "version");
    m.data_schema_hash = string_member(d, "data_schema_hash");
    m.generation = integer_member<std::uint64_t>(d, "generation");
    m.publishing = integer_member<std::uint64_t>(d, "publishing");
    if (m.export_timestamp < 0 || m.export_timestamp > last_timestamp || m.generation > last_generation)
        return std::nullopt;
    for (auto const& member : d.GetObject()) {
        std::string_view const name{member.name.GetString(), member.name.GetStringLength()};
        if (name.starts_with(total_prefix) && is_plain(name) && member.value.IsUint64())
            m.totals.emplace_back(name.substr(total_prefix.size()), member.value.GetUint64());
    }
    return m;
}

} // namespace notes_export
