#include "notes_export/unusable_documents.hpp"

#include "document/bounded_json.hpp"
#include "document/json_members.hpp"
#include "document/metadata.hpp"
#include "publish/tree.hpp"

#include <string>

namespace notes_export {

namespace {

std::string place_of(document const& d) {
    return d.table + " with " + d.key_column + " = " + std::to_string(d.key);
}

/// "" when all that is needed is there.
std::string without_value(document const& d, rapidjson::Document const& content) {
    std::string names;
    for (auto const& name : d.needed) {
        auto const* const found = find_member(content, name);
        if (found == nullptr || found->IsNull())
            names += (names.empty() ? "" : ", ") + name;
    }
    return names.empty()
               ? ""
               : names + " has no value, and the viewer breaks on that: let the ETL compute it in the row of " +
                     place_of(d);
}

/// "" when it can be used.
std::string problem_of(tree const& files, document const& d) {
    auto const text = files.read(d.path);
    if (!text)
        return "it is not there, and what reads it shows nothing: let there be one row, and no more, in " + place_of(d);
    auto const content = parse_json(*text);
    if (!content || !content->IsObject())
        return "it is damaged: systemctl reload osm-notes-exportd compares all files and writes it again";
    return without_value(d, *content);
}

} // namespace

std::vector<refused_document> unusable_documents(std::filesystem::path const& root,
                                                 std::vector<document> const& documents) {
    std::vector<refused_document> unusable;
    tree const files{root, false};
    if (!files.exists(metadata::path))
        return unusable;
    for (auto const& d : documents)
        if (auto reason = problem_of(files, d); !reason.empty())
            unusable.push_back({d.path, d.path + ": " + reason});
    return unusable;
}

} // namespace notes_export
