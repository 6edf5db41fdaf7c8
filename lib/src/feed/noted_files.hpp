#pragma once

#include "feed/former_files.hpp"
#include "notes_export/config.hpp"

#include <array>
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
 * They stay until a full export that may remove anything (`once --full --force`). What is switched off of a section
 * that stays, and twins, go with the next full export by themselves, see shard::index_note and twin_plan. Which
 * generation that was stays noted, for copies that are older.
 */
class noted_files {
public:
    noted_files() = default;
    noted_files(export_config const& config, std::string_view note);

    /// Before the first file is put into place: all that was noted, and what is configured.
    std::string before_publication() const;
    /// And after it, by this generation.
    enum class removed {
        nothing,
        switched_off, ///< by a full export
        everything    ///< that is not configured, by one that was allowed to
    };
    std::string after_publication(removed what, std::uint64_t generation) const;

    /// Something is configured no longer that was when the last publication ended.
    bool less_than_before() const;
    /// What nobody makes any more, and the tree may have.
    former_files former() const;
    /// The same for a copy of the tree that is of this generation; 0: it is none.
    former_files former_at(std::uint64_t generation) const;

private:
    enum class kind { profiles, file, shards, twins };
    static constexpr std::array all_kinds{kind::profiles, kind::file, kind::shards, kind::twins};
    struct entry {
        bool configured = false;
        bool switched_off = false; ///< not configured, and goes by itself
        bool former = false;       ///< by the note
        std::uint64_t cleared = 0; ///< by the note: when its files were removed
    };
    using noted = std::pair<std::pair<std::string, kind> const, entry>;
    static std::string_view word_of(kind what) noexcept;
    static std::string line(noted const& each, std::string_view word);
    static bool is_left(entry const& e) { return !e.configured && !e.switched_off && e.cleared == 0; }
    static bool may_be_in(std::uint64_t generation, entry const& e);
    template <class Wanted>
    former_files all(Wanted const& wanted) const;
    void configure(kind what, std::string const& path);
    void switch_off(kind what, std::string const& path);
    static void add(former_files& to, noted const& each);
    void read_line(std::string_view line);

    std::map<std::pair<std::string, kind>, entry> m_all; ///< by template, path, directory, or name
};

} // namespace notes_export
