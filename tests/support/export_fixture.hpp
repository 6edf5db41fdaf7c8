#pragma once

#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"

#include <notes_export/exporter.hpp>
#include <notes_export/verify.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <tuple>

namespace test {

inline std::string read_file(std::filesystem::path const& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// Everything of a file that publication must not touch when the content is the same.
struct file_identity {
    ino_t inode;
    timespec mtime;
    timespec ctime;
    bool operator==(file_identity const& o) const {
        auto tied = [](file_identity const& f) {
            return std::tuple{f.inode, f.mtime.tv_sec, f.mtime.tv_nsec, f.ctime.tv_sec, f.ctime.tv_nsec};
        };
        return tied(*this) == tied(o);
    }
};

inline file_identity identity(std::filesystem::path const& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        throw std::runtime_error{"no file " + path.string()};
    return {info.st_ino, info.st_mtim, info.st_ctim};
}

/// Published files that are not the same as before: new, gone, or touched in any way.
inline std::set<std::string> touched(std::map<std::string, file_identity> const& before,
                                     std::map<std::string, file_identity> const& after) {
    std::set<std::string> paths;
    for (auto const& [path, id] : after)
        if (auto const old = before.find(path); old == before.end() || !(old->second == id))
            paths.insert(path);
    for (auto const& [path, id] : before)
        if (!after.contains(path))
            paths.insert(path);
    return paths;
}

/// A database, an empty tree, and exporters that connect them.
struct export_fixture {
    test_database db;
    temporary_directory root;

    export_fixture() = default;
    explicit export_fixture(std::string const& from) : db{from} {}
    /// On the server whose socket is in that directory.
    export_fixture(std::string const& from, std::string const& server) : db{from, server} {}

    std::filesystem::path tree() const { return root / "json"; }
    std::string file(std::string const& path) const { return read_file(tree() / path); }
    bool has(std::string const& path) const { return std::filesystem::exists(tree() / path); }

    notes_export::export_config config() const {
        notes_export::export_config c;
        c.conninfo = db.conninfo();
        c.application_name = "test";
        c.directory = tree();
        c.schema_dir = EXPORTD_SOURCE_DIR "/conf/schemas";
        c.view_grace = {}; // tests drop views and mean it
        return c;
    }
    /// One cycle of a fresh exporter: what `once` does.
    notes_export::cycle_report run(bool full = false) { return notes_export::exporter{config()}.run({.full = full}); }
    notes_export::verify_report verify() { return notes_export::verify(config()); }

    /// Published files, the private directory aside.
    std::map<std::string, file_identity> files() const {
        std::map<std::string, file_identity> found;
        for (auto const& entry : std::filesystem::recursive_directory_iterator{tree()})
            if (entry.is_regular_file() && entry.path().string().find("/.exportd/") == std::string::npos)
                found.emplace(std::filesystem::relative(entry.path(), tree()).string(), identity(entry.path()));
        return found;
    }
    /// The same by content.
    std::map<std::string, std::string> contents() const {
        std::map<std::string, std::string> found;
        for (auto const& [path, unused] : files())
            found.emplace(path, file(path));
        return found;
    }
    /// Path of the profile of the n-th user (by id, from 0), its id and its key.
    struct user {
        std::int64_t id;
        std::int64_t key;
        std::string path;
    };
    user nth_user(int n) {
        auto const row =
            "FROM dwh.datamartusers WHERE user_id >= 1 ORDER BY user_id LIMIT 1 OFFSET " + std::to_string(n);
        user u{db.number("SELECT user_id " + row), db.number("SELECT dimension_user_id " + row), ""};
        char path[64];
        std::snprintf(path, sizeof path, "users/%x/%x/%x/%lld.json", static_cast<unsigned>(u.id >> 8 & 15),
                      static_cast<unsigned>(u.id >> 4 & 15), static_cast<unsigned>(u.id & 15),
                      static_cast<long long>(u.id));
        u.path = path;
        return u;
    }
    void change_user(std::int64_t key, int open) {
        db.exec("UPDATE dwh.datamartusers SET history_whole_open = " + std::to_string(open) +
                " WHERE dimension_user_id = " + std::to_string(key));
    }
};

inline notes_export::dataset_report const& users_of(notes_export::cycle_report const& r) {
    return r.datasets.at(0);
}

} // namespace test
