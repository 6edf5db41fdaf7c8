#include "index/refused_indexes.hpp"

#include "document/bounded_json.hpp"
#include "notes_export/utf8.hpp"
#include "publish/journal.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace notes_export {

namespace {

constexpr std::size_t longest = 1U << 20; // one of them for each dataset

} // namespace

std::vector<index_size> read_refused_indexes(tree const& files) {
    auto const text = files.read(journal::refused_indexes_path, longest).value_or("[]");
    auto const d = parse_json(text);
    std::vector<index_size> refused;
    if (!d || !d->IsArray())
        return refused;
    for (auto const& v : d->GetArray()) {
        auto const is = [&](char const* key, auto test) { return v.HasMember(key) && (v[key].*test)(); };
        using value = rapidjson::Value;
        // An escape can be half of a character, which no name of ours has, and which could not be read again.
        if (v.IsObject() && is("dataset", &value::IsString) && is("path", &value::IsString) &&
            is("bytes", &value::IsUint64) && is("limit", &value::IsUint64) && is_utf8(v["dataset"].GetString()) &&
            is_utf8(v["path"].GetString()))
            refused.push_back(
                {v["dataset"].GetString(), v["path"].GetString(), v["bytes"].GetUint64(), v["limit"].GetUint64()});
    }
    return refused;
}

std::string refused_indexes_text(std::vector<index_size> const& refused) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> w{buffer};
    w.StartArray();
    for (auto const& r : refused) {
        w.StartObject();
        w.Key("dataset");
        w.String(r.dataset.c_str());
        w.Key("path");
        w.String(r.path.c_str());
        w.Key("bytes");
        w.Uint64(r.bytes);
        w.Key("limit");
        w.Uint64(r.limit);
        w.EndObject();
    }
    w.EndArray();
    return std::string{buffer.GetString(), buffer.GetSize()} + '\n';
}

} // namespace notes_export
