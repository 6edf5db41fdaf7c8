#pragma once

#include "feed/paths.hpp"
#include "feed/text.hpp"
#include "files/sha256.hpp"
#include "notes_export/feed.hpp"
#include "support/list_text.hpp"
#include "support/temporary_directory.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace test {

/**
 * A published tree with its change feed, written as an exporter writes it, but without one: for tests of what reads it.
 * Not durable; files are replaced as a whole.
 */
class published_tree {
public:
    explicit published_tree(std::filesystem::path root, std::string_view feed = notes_export::feed::private_directory)
        : m_root{std::move(root)}, m_feed{feed} {
        std::filesystem::create_directories(m_root / m_feed);
        std::filesystem::create_directories(m_root / ".exportd");
        std::ofstream{m_root / ".exportd/publishing"};
    }

    std::filesystem::path const& root() const noexcept { return m_root; }
    std::uint64_t generation() const noexcept { return m_generation; }

    /// In the next generation.
    void put(std::string const& path, std::string const& bytes) { m_changed[path] = bytes; }
    void remove(std::string const& path) { m_removed.insert(path); }

    std::uint64_t total_users = 0;                   ///< as metadata.json tells it
    std::optional<notes_export::compressions> twins; ///< as state.json tells of them; nullopt: it does not

    static std::string metadata_text(std::uint64_t generation, std::uint64_t users = 0) {
        return "{\n  \"export_date\": \"2026-05-01T12:00:00Z\",\n  \"export_timestamp\": 1777636800,\n  "
               "\"total_users\": " +
               std::to_string(users) +
               ",\n  \"version\": \"1.0.0\",\n  \"data_schema_hash\": \"abc\",\n  \"generation\": " +
               std::to_string(generation) + "\n}\n";
    }

    notes_export::change_list publish(bool complete = true) {
        notes_export::change_list list{.generation = m_generation + 1,
                                       .previous = m_generation,
                                       .export_date = "2026-05-01T12:00:00Z",
                                       .version = "1.0.0",
                                       .complete = complete,
                                       .reason = complete ? "" : "a test says so",
                                       .changed = {},
                                       .removed = {}};
        m_changed["metadata.json"] = metadata_text(list.generation, total_users);
        for (auto const& [path, bytes] : m_changed) {
            replace(path, bytes);
            if (complete)
                list.changed.push_back({path, bytes.size(), notes_export::sha256_of(bytes)});
        }
        for (auto const& path : m_removed) {
            std::filesystem::remove(m_root / path);
            if (complete)
                list.removed.push_back(path);
        }
        m_changed.clear();
        m_removed.clear();
        m_generation = list.generation;
        announce(list);
        return list;
    }

    /// What retention does.
    void forget_before(std::uint64_t oldest) {
        for (; m_oldest < oldest; ++m_oldest)
            std::filesystem::remove(m_root / m_feed / notes_export::feed::list_path(m_oldest));
        write_state();
    }

private:
    void replace(std::string const& path, std::string const& bytes) const {
        auto const place = m_root / path;
        std::filesystem::create_directories(place.parent_path());
        auto const next = m_root / ".exportd/next";
        std::ofstream{next, std::ios::binary} << bytes;
        std::filesystem::rename(next, place);
    }
    void announce(notes_export::change_list const& list) const {
        replace(m_feed + '/' + notes_export::feed::list_path(list.generation), test::list_text(list));
        write_state();
    }
    void write_state() const {
        replace(m_feed + "/state.json", notes_export::feed::state_text({.generation = m_generation,
                                                                        .oldest = m_oldest,
                                                                        .export_date = "2026-05-01T12:00:00Z",
                                                                        .twins = twins}));
    }

    std::filesystem::path m_root;
    std::string m_feed; ///< its directory
    std::uint64_t m_generation = 0;
    std::uint64_t m_oldest = 1;
    std::map<std::string, std::string> m_changed;
    std::set<std::string> m_removed;
};

} // namespace test
