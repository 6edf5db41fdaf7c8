#pragma once

#include "feed/paths.hpp"
#include "notes_export/dataset.hpp"
#include "notes_export/mirror_state.hpp"
#include "support/daemon_process.hpp"
#include "support/published_tree.hpp"
#include "support/scripted_server.hpp"
#include "support/tree_contents.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace test {

inline std::string user_at(int id) {
    return notes_export::entity_path{"users/{h1}/{h2}/{h3}/{id}.json"}.of(id);
}

/// A tree that somebody publishes, with a public feed and an index that lists its users, and a machine that copies it.
struct pull_fixture {
    temporary_directory root;
    published_tree tree{root / "tree", notes_export::feed::public_directory};
    std::filesystem::path copy = root / "copy";
    std::set<int> users;
    int runs = 0;

    pull_fixture() { std::filesystem::create_directory(copy); }

    static std::string user_text(int id, std::string const& text) {
        return "{\"user_id\":" + std::to_string(id) + ",\"text\":\"" + text + "\"}";
    }
    void put(int id, std::string const& text) {
        users.insert(id);
        tree.put(user_at(id), user_text(id, text));
    }
    void remove(int id) {
        users.erase(id);
        tree.remove(user_at(id));
    }
    std::string index() const {
        std::string text;
        for (int const id : users)
            text += (text.empty() ? "" : ",\n") + std::string{"{\"user_id\":"} + std::to_string(id) +
                    ",\"username\":\"u\"}";
        return '[' + text + "]\n";
    }
    void publish(bool complete = true) {
        tree.put("indexes/users.json", index());
        tree.total_users = users.size();
        tree.publish(complete);
    }
    void publish_first(int count = 20) {
        for (int id = 1; id <= count; ++id)
            put(id, "first");
        tree.put("indexes/countries.json", "[]\n");
        tree.put("global_stats.json", "{}");
        tree.put(".json_export_version", "1.0.0\n");
        publish(false);
    }
    void publish_change(int n) {
        put(1, "version " + std::to_string(n));
        put(1000 + n, "new");
        if (n > 1)
            remove(1000 + n - 1);
        publish();
    }

    /// A configuration with nothing but the mirror; no tree is published on its machine.
    std::vector<std::string> words(std::string const& from, std::vector<std::string> const& more) const {
        auto const file = root / "pull.conf";
        std::ofstream{file} << "[output]\ndirectory = " << (root / "none").string()
                            << "\n[mirror pull]\nkind = directory\nurl = " << copy.string() << "\nfrom = " << from
                            << "\nmin_interval = 0\npoll_interval = 1s\n";
        std::vector<std::string> all{"mirror", "pull", "--config", file.string()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    child_process start(std::string const& from, std::vector<std::string> const& more = {},
                        environment_variables const& environment = {}) {
        return {root / ("run" + std::to_string(++runs)), words(from, more), environment};
    }
    struct ended {
        int status;
        std::string output;
        std::string errors;
    };
    ended run(std::string const& from, std::vector<std::string> const& more = {"--once"},
              environment_variables const& environment = {}) {
        auto process = start(from, more, environment);
        int const status = process.wait_exit(milliseconds{60'000}).value();
        return {status, process.output(), process.errors()};
    }

    std::vector<std::string> differing() const { return differences(published_in(tree.root()), published_in(copy)); }
    bool equal() const { return differing().empty(); }
    std::optional<notes_export::mirror_state> state() const {
        return notes_export::mirror_state::parse(read_file(copy / ".exportd/mirrors/pull.json"));
    }

    /// What a plain web server says: the file, or 404.
    scripted_answer file_of(scripted_server::request const& asked) const {
        auto const path = tree.root() / std::string{asked.target()}.substr(1);
        if (!std::filesystem::is_regular_file(path))
            return {.status = 404, .headers = {}, .content = "nothing here", .cut_after = {}};
        return {.status = 200, .headers = {}, .content = read_file(path), .cut_after = {}};
    }
    /// A server of the tree; what `other` gives comes first.
    using other_answer = std::function<std::optional<scripted_answer>(std::string const& target)>;
    scripted_server::script script(other_answer other) const {
        return [this, other = std::move(other)](scripted_server::request const& asked) {
            auto first = other(std::string{asked.target()});
            return first ? *first : file_of(asked);
        };
    }
};

} // namespace test
