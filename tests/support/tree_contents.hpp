#pragma once

#include "support/export_fixture.hpp"

#include <filesystem>
#include <map>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

/// Published files by path, the private directory aside.
using tree_contents = std::map<std::string, std::string>;

inline tree_contents contents_of(std::filesystem::path const& tree) {
    tree_contents found;
    if (!std::filesystem::exists(tree))
        return found;
    for (auto const& entry : std::filesystem::recursive_directory_iterator{tree})
        if (auto const path = std::filesystem::relative(entry.path(), tree).string();
            entry.is_regular_file() && !path.starts_with(".exportd/"))
            found.emplace(path, read_file(entry.path()));
    return found;
}

/// The same without private directories of mirrors, and without a public change feed. A mirror may be at work
/// meanwhile; what goes is read as "".
inline tree_contents published_in(std::filesystem::path const& tree) {
    tree_contents all;
    for (std::filesystem::recursive_directory_iterator at{tree}, end; at != end; ++at) {
        auto const name = at->path().filename().string();
        if (name == "changes" || name.starts_with(".exportd"))
            at.disable_recursion_pending();
        else if (at->is_regular_file())
            all.emplace(at->path().lexically_relative(tree).string(), read_file(at->path()));
    }
    return all;
}

/// metadata.json without the members that say when and how often; two exporters of one database agree on the rest.
inline tree_contents timeless(tree_contents contents) {
    auto& metadata = contents.at("metadata.json");
    rapidjson::Document d;
    d.Parse(metadata.c_str());
    if (!d.IsObject())
        throw std::runtime_error{"metadata.json is no object: " + metadata};
    for (auto const* const member : {"export_date", "export_timestamp", "generation"})
        if (!d.RemoveMember(member))
            throw std::runtime_error{std::string{"metadata.json without "} + member};
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer{text};
    d.Accept(writer);
    metadata = text.GetString();
    return contents;
}

/// Paths whose content is not the same in both.
inline std::vector<std::string> differences(tree_contents const& a, tree_contents const& b) {
    std::vector<std::string> paths;
    for (auto const& [path, text] : a)
        if (auto const other = b.find(path); other == b.end() || other->second != text)
            paths.push_back(path);
    for (auto const& [path, text] : b)
        if (!a.contains(path))
            paths.push_back(path);
    return paths;
}

} // namespace test
