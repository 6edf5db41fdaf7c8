#pragma once

#include <notes_export/exporter.hpp>
#include <notes_export/mirrors.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <string>

namespace exportd {

using json_writer = rapidjson::Writer<rapidjson::StringBuffer>;

// Members of the objects that `status --json` and /status.json are made of.

/// Bytes that are not UTF-8 are replaced.
void put(json_writer& w, char const* key, std::string const& value);

void put(json_writer& w, char const* key, std::integral auto value) {
    w.Key(key);
    w.Int64(static_cast<std::int64_t>(value));
}

void put_flag(json_writer& w, char const* key, bool value);

/// An array of objects, each with the members that `put_members` puts.
template <class Range, class Put>
void put_array(json_writer& w, char const* key, Range const& range, Put const& put_members) {
    w.Key(key);
    w.StartArray();
    for (auto const& one : range) {
        w.StartObject();
        put_members(one);
        w.EndObject();
    }
    w.EndArray();
}

void put_run(json_writer& w, notes_export::run_status const& r);
void put_document(json_writer& w, notes_export::refused_document const& d);
/// "mirrors", and what is no mirror though it is in their place: "mirror_problems".
void put_mirrors(json_writer& w, notes_export::mirror_views const& views);
/// "other_exporter": null, or its traces.
void put_other_exporter(json_writer& w, std::optional<notes_export::noted_exporter> const& other);
/// "reads_from": "primary" or "standby", and why it is not the standby, where there is one: "standby_problem".
void put_read_place(json_writer& w, notes_export::read_place const& read);
void put_quarantined(json_writer& w, notes_export::quarantined_row const& q);

} // namespace exportd
