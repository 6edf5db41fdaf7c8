#pragma once

#include "feed/former_files.hpp"
#include "notes_export/config.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace notes_export {

/**
 * Which files a tree was given, by this configuration and by earlier ones, as the tree notes it.
 *
 * What is no longer configured is not removed with its section: a mistake in a configuration file would cost the files.
 * They stay until a full export that may remove anything (`once --full --force`). Which generation that was stays
 * noted, for copies that are older.
 */
class noted_files {
public:
    noted_files() = default;
    noted_files(export_config const& config, std::string_view note);

    /// Before the first file is put into place: all that was noted, and what is configured.
    std::string before_publication() const;
    /// And after it. `cleared`: what is not configured was removed, in this generation.
    std::string after_publication(std::optional<std::uint64_t> cleared) const;

    /// Something is configured no longer that was when the last publication ended.
    bool less_than_before() const;
    /// What nobody makes any more, and the tree may have.
    former_files former() const;
    /// The same for a copy of the tree that is of this generation; 0: it is none.
    former_files former_at(std::uint64_t generation) const;

private:
    enum class kind { profiles, file, shards };
    struct entry {
        bool configured = false;
        bool former = false;       ///< by the note
        std::uint64_t cleared = 0; ///< by the note: when its files were removed
    };
    using noted = std::pair<std::pair<std::string, kind> const, entry>;
    static std::string_view word_of(kind what) noexcept;
    static std::string line(noted const& each, std::string_view word);
    static bool may_be_in_tree(entry const& e) { return !e.configured && e.cleared == 0; }
    template <class Wanted>
    former_files all(Wanted const& wanted) const;
    void configure(kind what, std::string const& path);
    void read_line(std::string_view line);

    std::map<std::pair<std::string, kind>, entry> m_all; ///< by template, path or directory
};

} // namespace notes_export
