#pragma once

#include "notes_export/compression.hpp"
#include "notes_export/config.hpp"
#include "publish/tree.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/**
 * Which files a tree was given, by this configuration and by earlier ones, as the tree notes it.
 *
 * What is no longer configured is not removed with its section: a mistake in a configuration file would cost the files.
 * They stay until a full export that may remove anything (`once --full --force`).
 */
class noted_files {
public:
    noted_files() = default;
    noted_files(export_config const& config, std::string_view note);

    /// Before the first file is put into place: all that was noted, and what is configured.
    std::string before_publication() const;
    /// And after it. `cleared`: what is not configured was removed.
    std::string after_publication(bool cleared) const;

    /// Something is configured no longer that was when the last publication ended.
    bool less_than_before() const;
    /// Templates of profiles, paths of files and directories of shards that nobody makes any more, for people.
    std::vector<std::string> former() const;
    /// Those of their files that are in the tree, and their twins; none that is exported now.
    std::vector<std::string> former_paths(tree const& files, export_config const& config, compressions twins) const;

private:
    enum class kind { profiles, file, shards };
    struct entry {
        bool configured = false;
        bool former = false; ///< by the note
    };
    static std::string_view word_of(kind what) noexcept;
    static std::vector<std::string> paths_of(tree const& files, kind what, std::string const& place);
    void configure(kind what, std::string const& path);
    void read_line(std::string_view line);

    std::map<std::pair<std::string, kind>, entry> m_all; ///< by template, path or directory
};

} // namespace notes_export
