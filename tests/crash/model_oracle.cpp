#include "crash/model_oracle.hpp"

#include <cstdio>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sstream>

namespace model {

namespace {

std::string text_of(rapidjson::Value const& value) {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer{text};
    value.Accept(writer);
    return {text.GetString(), text.GetSize()};
}

char const* id_member(std::string const& dataset) {
    return dataset == "users" ? "user_id" : "country_id";
}

std::string index_without(std::string const& index, std::string const& dataset, std::set<std::int64_t> const& ids) {
    rapidjson::Document d;
    d.Parse(index.c_str());
    if (!d.IsArray())
        return index;
    std::string left;
    for (auto const& entry : d.GetArray()) {
        auto const id = entry.FindMember(id_member(dataset));
        if (id == entry.MemberEnd() || !id->value.IsInt64() || !ids.contains(id->value.GetInt64()))
            left += text_of(entry) + '\n';
    }
    return left;
}

/// metadata.json as it would be if so many profiles fewer were published.
std::string metadata_with_fewer(std::string const& metadata, std::string const& dataset, std::size_t profiles) {
    rapidjson::Document d;
    d.Parse(metadata.c_str());
    auto const member = "total_" + dataset;
    if (!d.IsObject() || !d.HasMember(member.c_str()) || !d[member.c_str()].IsUint64())
        return metadata;
    d[member.c_str()].SetUint64(d[member.c_str()].GetUint64() - profiles);
    return text_of(d);
}

/// Takes out what a refused row may have left, and what tells of it.
void forget(test::tree_contents& tree, std::string const& dataset, std::set<std::int64_t> const& ids) {
    std::size_t left = 0;
    for (auto const id : ids)
        left += tree.erase(profile_path(dataset, id));
    auto& index = tree["indexes/" + dataset + ".json"];
    index = index_without(index, dataset, ids);
    auto& metadata = tree["metadata.json"];
    metadata = metadata_with_fewer(metadata, dataset, left);
}

} // namespace

refusals refusals::in(std::string const& output) {
    refusals found;
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string word;
        std::string what;
        std::int64_t id = 0;
        if (words >> word && word == "quarantined" && words >> what >> id)
            found.rows[what].insert(id);
        else if (word == "warning:" && words >> what && what.starts_with("global_stats"))
            found.files.insert(what.substr(0, what.find(':')));
    }
    return found;
}

std::string profile_path(std::string const& dataset, std::int64_t id) {
    if (dataset == "countries")
        return "countries/" + std::to_string(id) + ".json";
    char path[64];
    auto const bits = static_cast<unsigned>(id & 4095);
    std::snprintf(path, sizeof path, "users/%x/%x/%x/%lld.json", bits >> 8, bits >> 4 & 15, bits & 15,
                  static_cast<long long>(id));
    return path;
}

std::vector<std::string> differences(test::tree_contents const& live, test::tree_contents const& fresh,
                                     refusals const& refused) {
    auto a = test::timeless(live);
    auto b = test::timeless(fresh);
    for (auto const& [dataset, ids] : refused.rows) {
        forget(a, dataset, ids);
        forget(b, dataset, ids);
    }
    for (auto const& path : refused.files) {
        a.erase(path);
        b.erase(path);
    }
    std::vector<std::string> found;
    for (auto const& path : test::differences(a, b))
        found.push_back(path + (!b.contains(path) ? " is extra" : !a.contains(path) ? " is missing" : " differs"));
    return found;
}

} // namespace model
