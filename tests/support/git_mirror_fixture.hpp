#pragma once

#include "feed/published_paths.hpp"
#include "mirror/git/target.hpp"
#include "support/applied_step.hpp"
#include "support/scripted_tree.hpp"
#include "support/temporary_directory.hpp"

#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/wait.h>

namespace test {

/// What a shell command prints; throws when it fails.
inline std::string shell(std::string const& command) {
    std::unique_ptr<FILE, int (*)(FILE*)> const pipe{::popen((command + " 2>&1").c_str(), "r"),
                                                     [](FILE*) { return 0; }};
    std::string all;
    char block[4096];
    while (auto const n = std::fread(block, 1, sizeof block, pipe.get()))
        all.append(block, n);
    if (::pclose(pipe.get()) != 0)
        throw std::runtime_error{command + ": " + all};
    return all;
}

/// A tree, a bare repository that is its mirror, and the mirror's own one.
struct git_mirror_fixture {
    scripted_tree tree;
    temporary_directory place;
    std::string const remote = (place / "remote.git").string();
    notes_export::mirror::git_options options;
    std::stop_source stop;

    git_mirror_fixture() {
        shell("git init -q --bare -b main " + remote);
        options.url = remote;
        options.repository = place / "mirror.git";
        options.schemas = "";
        options.between_pushes = std::chrono::milliseconds{0};
        tree.put("users/0/0/1/1.json", "{\"user_id\":1}\n");
        tree.put("users/0/0/2/2.json", "{\"user_id\":2}\n");
        tree.put("countries/7.json", "{\"country_id\":7}\n");
        tree.put("indexes/users.json", "[1,2]\n");
        tree.publish();
    }

    notes_export::mirror::git_target target() const {
        return {options, notes_export::published_paths{notes_export::export_config{}}};
    }
    /// Of the newest generation, as a follower would ask for it.
    notes_export::mirror::change_set changes(std::uint64_t from) {
        notes_export::mirror::change_set set;
        auto const& list = tree.last();
        set.from = from;
        set.to = list.generation;
        set.export_date = list.export_date;
        set.version = list.version;
        set.everything = from + 1 != set.to || from == 0;
        if (!set.everything) {
            set.changed = list.changed;
            set.removed = list.removed;
        }
        return set;
    }
    notes_export::mirror::step_result step(notes_export::mirror::git_target& t) {
        auto const from = t.generation(stop.get_token());
        return applied(t, changes(from), tree, stop.get_token());
    }
    notes_export::mirror::step_result step() {
        auto t = target();
        return step(t);
    }
    std::string git(std::string const& words) const { return shell("git -C " + remote + ' ' + words); }

    /// Files on the branch below data/, and in the tree.
    std::map<std::string, std::string> mirrored(std::string const& branch = "main") const {
        temporary_directory const out;
        shell("git -C " + remote + " archive " + branch + " | tar -x -C " + out.path().string());
        std::map<std::string, std::string> found;
        read_into(found, out / "data");
        return found;
    }
    std::map<std::string, std::string> published() const {
        std::map<std::string, std::string> found;
        read_into(found, tree.root.path());
        return found;
    }
    /// Somebody else commits to the branch: a shell script in a work tree.
    void somebody(std::string const& script) const {
        temporary_directory const work;
        shell("cd " + work.path().string() + " && git clone -q " + remote +
              " w && cd w && git config user.email a@b && git config user.name a && " + script +
              " && git add -A && git commit -qm other && git push -q origin HEAD:main");
    }

private:
    static void read_into(std::map<std::string, std::string>& found, std::filesystem::path const& root) {
        for (auto const& entry : std::filesystem::recursive_directory_iterator{root})
            if (entry.is_regular_file()) {
                std::ifstream in{entry.path(), std::ios::binary};
                std::ostringstream all;
                all << in.rdbuf();
                found[std::filesystem::relative(entry.path(), root).string()] = all.str();
            }
    }
};

} // namespace test
