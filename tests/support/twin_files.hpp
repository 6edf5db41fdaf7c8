#pragma once

#include "compress/decompressor.hpp"
#include "publish/twin_path.hpp"
#include "support/tree_contents.hpp"

#include <optional>
#include <string>
#include <vector>

namespace test {

/// What comes out of a twin; nullopt: it is not one whole compressed file.
inline std::optional<std::string> untwinned(std::string const& bytes, notes_export::compression how) {
    std::string out;
    notes_export::decompressor stream{how, [&](std::string_view piece) {
                                          out += piece;
                                          return true;
                                      }};
    return stream.add(bytes) && stream.is_whole() ? std::optional{out} : std::nullopt;
}

/// Twins that a web server would serve in the place of another content than that of their file, or of none.
inline std::vector<std::string> false_twins(tree_contents const& tree) {
    std::vector<std::string> wrong;
    for (auto const& [path, bytes] : tree) {
        auto const twin = notes_export::twin_at(path);
        if (!twin)
            continue;
        auto const file = tree.find(std::string{twin->of});
        if (file == tree.end() || untwinned(bytes, twin->how) != file->second)
            wrong.push_back(path + " is not the twin of its file");
    }
    return wrong;
}

/// Files that should have twins of these kinds, and lack one.
inline std::vector<std::string> without_twins(tree_contents const& tree, notes_export::compressions kinds) {
    std::vector<std::string> wrong;
    for (auto const& [path, bytes] : tree) {
        bool const has_twins =
            path.ends_with(".json") && path != "metadata.json" && path.find('.') != 0 && !path.starts_with("changes/");
        for (auto const how : notes_export::all_compressions)
            if (has_twins && kinds.has(how) && !tree.contains(notes_export::twin_path(path, how)))
                wrong.push_back(notes_export::twin_path(path, how) + " is missing");
    }
    return wrong;
}

} // namespace test
