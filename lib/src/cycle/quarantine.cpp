#include "cycle/quarantine.hpp"

#include "document/bounded_json.hpp"
#include "document/json_members.hpp"
#include "notes_export/utf8.hpp"

#include <algorithm>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace notes_export {

bool quarantine::holds(std::string const& dataset, row_name name, std::uint32_t version) const {
    auto const rows = m_rows.find(dataset);
    if (rows == m_rows.end())
        return false;
    auto const row = rows->second.find(name);
    return row != rows->second.end() && row->second.version == version;
}

std::set<row_name> quarantine::names(std::string const& dataset) const {
    std::set<row_name> found;
    if (auto const rows = m_rows.find(dataset); rows != m_rows.end())
        for (auto const& [name, unused] : rows->second)
            found.insert(name);
    return found;
}

std::set<std::int64_t> quarantine::unreadable(std::string const& dataset) const {
    std::set<std::int64_t> found;
    if (auto const rows = m_rows.find(dataset); rows != m_rows.end())
        for (auto const& [name, row] : rows->second)
            if (row.keyword == unreadable_keyword)
                found.insert(name.id);
    return found;
}

// A database in SQL_ASCII can hand out anything, and an escape in a damaged file can be half of a character; the writer
// would stop in the middle of a string.
void quarantine::add(quarantined_row row) {
    row_name const name{row.key, row.id};
    row.name = readable_utf8(std::move(row.name));
    row.detail = readable_utf8(std::move(row.detail));
    row.pointer = readable_utf8(std::move(row.pointer));
    auto& rows = m_rows[row.dataset];
    rows.insert_or_assign(name, std::move(row));
}

void quarantine::raise_version(std::string const& dataset, row_name name, std::uint32_t version) {
    if (auto const row = m_rows[dataset].find(name); row != m_rows[dataset].end())
        row->second.version = version;
}

void quarantine::release(std::string const& dataset, row_name name) {
    m_rows[dataset].erase(name);
}

void quarantine::keep_only(std::string const& dataset, std::set<row_name> const& rows) {
    std::erase_if(m_rows[dataset], [&](auto const& row) { return !rows.contains(row.first); });
}

std::size_t quarantine::count(std::string const& dataset) const {
    auto const rows = m_rows.find(dataset);
    return rows == m_rows.end() ? 0 : rows->second.size();
}

std::vector<quarantined_row> quarantine::rows(std::size_t at_most) const {
    std::vector<quarantined_row> some;
    for (auto const& [dataset, rows] : m_rows)
        for (auto const& [key, row] : rows) {
            if (some.size() >= at_most)
                return some;
            some.push_back(row);
        }
    return some;
}

std::string quarantine::text() const {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::ASCII<>> w{buffer};
    auto put = [&w](char const* key, std::string const& value) {
        w.Key(key);
        w.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
    };
    w.StartArray();
    for (auto const& row : rows()) {
        w.StartObject();
        put("dataset", row.dataset);
        w.Key("id");
        w.Int64(row.id);
        w.Key("key");
        w.Int64(row.key);
        w.Key("version");
        w.Uint(row.version);
        put("name", row.name);
        put("pointer", row.pointer);
        put("keyword", row.keyword);
        put("detail", row.detail);
        w.EndObject();
    }
    w.EndArray();
    return std::string{buffer.GetString(), buffer.GetSize()} + '\n';
}

std::vector<quarantined_row> quarantine::parse(std::string_view text) {
    auto const d = parse_json(text);
    std::vector<quarantined_row> rows;
    if (!d || !d->IsArray())
        return rows;
    auto const word = [](rapidjson::Value const& v, char const* key) {
        return readable_utf8(std::string{string_member(v, key)});
    };
    auto const number = [](rapidjson::Value const& v, char const* key) { return integer_member<std::int64_t>(v, key); };
    for (auto const& v : d->GetArray())
        if (v.IsObject())
            rows.push_back({word(v, "dataset"), number(v, "id"), number(v, "key"),
                            static_cast<std::uint32_t>(number(v, "version")), word(v, "name"), word(v, "pointer"),
                            word(v, "keyword"), word(v, "detail")});
    return rows;
}

} // namespace notes_export
