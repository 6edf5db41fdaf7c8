#include "refused_indexes.hpp"

#include "journal.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace notes_export {

std::vector<index_size> read_refused_indexes(tree const& files) {
    auto const text = files.read(journal::refused_indexes_path).value_or("[]");
    rapidjson::Document d;
    d.Parse(text.data(), text.size());
    std::vector<index_size> refused;
    if (d.HasParseError() || !d.IsArray())
        return refused;
    for (auto const& v : d.GetArray()) {
        auto const is = [&](char const* key, auto test) { return v.HasMember(key) && (v[key].*test)(); };
        using value = rapidjson::Value;
        if (v.IsObject() && is("dataset", &value::IsString) && is("path", &value::IsString) &&
            is("bytes", &value::IsUint64) && is("limit", &value::IsUint64))
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
