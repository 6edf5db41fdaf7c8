#pragma once

#include "notes_export/config.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/**
 * Whether the bytes of a file can be what its path says, where no list has their size and SHA-256: JSON of bounded size
 * and depth, a profile with the id of its path, an index of entries with ids, a version; of a twin the same,
 * compressed.
 *
 * Networks that want somebody to log in first answer every request with a page of theirs, and with 200. Thread: one.
 */
class unlisted_content {
public:
    /// `tree` says which datasets there are.
    explicit unlisted_content(export_config const& tree);

    using take_bytes = std::function<void(std::string_view piece)>;
    /// `give` hands all bytes to what it is given, piece by piece. What they are not: "it is no JSON"; "" when they may
    /// be right. What `give` throws comes through.
    std::string fault(std::string_view path, std::function<void(take_bytes const&)> const& give) const;

private:
    class reading;
    class json;
    class index;
    class version;
    std::unique_ptr<reading> reading_of(std::string_view path) const;

    struct layout {
        entity_path profiles;
        std::string id_column;
        std::string index_path;
    };
    std::vector<layout> m_layouts;
    std::string m_version_file;
};

} // namespace notes_export::mirror
