#pragma once

#include "shard/fold.hpp"
#include "shard/name_key.hpp"
#include "shard/paths.hpp"
#include "support/export_fixture.hpp"
#include "support/feed_follower.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace test {

using namespace notes_export;

inline std::string const index_path = "indexes/users.json";
inline std::string const top_path = "indexes/users/top.json";

/// Exporters of which some make shards of the users' index.
struct shards_fixture : export_fixture {
    export_config with_shards() const {
        auto c = config();
        auto& users = c.datasets.front();
        users.shards.make = true;
        users.shards.top = 5;
        return c;
    }
    export_config without_index() const {
        auto c = with_shards();
        c.datasets.front().index_path.clear();
        return c;
    }

    std::optional<exporter> one;

    /// Every published file as a fresh full export of the same database makes it, but for metadata.json. The exporter
    /// ends for that.
    std::map<std::string, std::string> fresh(export_config c) {
        c.directory = root / "fresh";
        std::filesystem::remove_all(c.directory);
        one.reset(); // it has the lock of the database
        exporter{c}.run({.full = true});
        auto found = feed_follower::public_files(c.directory);
        found.erase("metadata.json");
        return found;
    }
    std::map<std::string, std::string> live() const {
        auto found = feed_follower::public_files(tree());
        found.erase("metadata.json");
        return found;
    }

    static std::string names_path(std::string const& name) {
        return where().names(shard::shard_of(shard::folded(name)));
    }
    static shard::paths where() { return shard::paths{standard_datasets().front()}; }
    static std::string pair(std::string const& name, std::int64_t id) {
        return "[\"" + name + "\"," + std::to_string(id) + ']';
    }
    bool lists(std::string const& path, std::string const& name, std::int64_t id) const {
        return has(path) && file(path).find(pair(name, id)) != std::string::npos;
    }
    std::string name_of(user const& u) {
        return db.value("SELECT username FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(u.key));
    }
    void rename(user const& u, std::string const& name) {
        db.exec("UPDATE dwh.datamartusers SET username = '" + name +
                "' WHERE dimension_user_id = " + std::to_string(u.key));
    }
    void remove(user const& u) {
        db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(u.key));
    }
    void add_user(std::int64_t id, std::string const& name, int open = 1) {
        db.exec("INSERT INTO dwh.datamartusers SELECT (json_populate_record(model, json_build_object("
                "'dimension_user_id', " +
                std::to_string(id) + ", 'user_id', " + std::to_string(id) + ", 'username', " + name +
                ", 'history_whole_open', " + std::to_string(open) +
                ", 'json_exported', false))).* FROM (SELECT m AS model FROM dwh.datamartusers m"
                " WHERE user_id >= 1 ORDER BY user_id LIMIT 1) AS first");
    }
    static std::set<std::string> shards_among(std::set<std::string> paths) {
        std::erase_if(paths, [](auto const& path) { return !where().contains(path); });
        return paths;
    }
    std::set<std::string> shards() const {
        std::set<std::string> paths;
        for (auto const& [path, unused] : files())
            paths.insert(path);
        return shards_among(std::move(paths));
    }
};

/// One that makes them, after its first cycle.
struct running_shards : shards_fixture {
    running_shards() { one.emplace(with_shards()).run({}); }
    bool clean() const { return notes_export::verify(with_shards()).clean(); }
};

} // namespace test
