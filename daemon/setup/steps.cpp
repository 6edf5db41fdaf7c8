#include "setup/steps.hpp"

#include "settings/read_file.hpp"
#include "settings/values.hpp"
#include "setup/changed_keys.hpp"
#include "setup/data_version.hpp"
#include "setup/drop_in.hpp"
#include "setup/first_export.hpp"
#include "setup/program.hpp"
#include "setup/replace_file.hpp"
#include "setup/service.hpp"
#include "setup/tree_directory.hpp"
#include "setup/unit.hpp"
#include "setup/warehouse.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace exportd {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_file = std::size_t{1} << 20;

std::string text_of(fs::path const& file) {
    try {
        return read_file(file, longest_file);
    } catch (std::system_error const& e) {
        if (e.code() == std::errc::no_such_file_or_directory)
            return "";
        throw;
    }
}

step warehouse_step(setup_request const& asked, setup_places const& places, settings const& now) {
    auto const w = find_warehouse(asked, places, now);
    return {"prepare database " + in_quotes(asked.database) + ", whose tables belong to " + w.owner, w.install.text(),
            w.uninstall, [w] {
                return step::outcome{true, prepare(w)};
            }};
}

file_owner service_user(setup_places const& places) {
    auto const user = user_named(places.service_user);
    if (!user)
        throw setup_error{"there is no user " + places.service_user +
                          ": systemd-sysusers makes it from /usr/lib/sysusers.d/osm-notes-exportd.conf"};
    return *user;
}

step directory_step(setup_request const& asked, setup_places const& places) {
    auto const user = service_user(places);
    auto const word = shell_word(asked.directory.string());
    auto const title = "make the directory " + asked.directory.string();
    bool const there = is_prepared(asked.directory, user);
    return {title, there ? "nothing: it is there" : "install -d -o " + user.name + " -g " + user.name + ' ' + word,
            there ? "" : "rmdir " + word + " (when it is empty)", [directory = asked.directory, user] {
                if (is_prepared(directory, user))
                    return step::outcome{false, "it is there, and belongs to " + user.name};
                prepare_directory(directory, user);
                return step::outcome{true, "made for " + user.name};
            }};
}

step version_step(setup_request const& asked, setup_places const& places, settings const& now) {
    std::string const title = "take the version of the data format over";
    auto const configured = now.output.version_file;
    if (asked.version_file.empty())
        return {title, said_of_version(asked.directory, configured), "", [directory = asked.directory, configured] {
                    return step::outcome{false, said_of_version(directory, configured)};
                }};
    if (configured != usual_version_file)
        throw setup_error{"--version-file is for a tree that has its version in " + std::string{usual_version_file} +
                          ", but [output] version_file is " + configured.string() + ": write the version there"};
    auto const version = version_in(asked.version_file);
    auto const user = service_user(places);
    auto const there = shell_word((asked.directory / usual_version_file).string());
    return {title,
            "install -m 644 -o " + user.name + " -g " + user.name + ' ' + shell_word(asked.version_file.string()) +
                ' ' + there + " (unless the tree has a higher one than " + version + ")",
            "rm " + there + ", before the first export",
            [version, directory = asked.directory, user] { return take_version_over(version, directory, user); }};
}

/// "" is no file.
struct drop_in {
    fs::path file;
    std::string text;
};

/// systemd reads no file of such a name.
fs::path former(fs::path const& file) {
    return file.string() + ".bak";
}

/// The command that brings back what was there before; "" where nothing changes.
std::string undo_of(std::vector<drop_in> const& all) {
    std::string commands;
    for (auto const& each : all) {
        auto const before = text_of(each.file);
        if (before == each.text)
            continue;
        auto const file = each.file.string();
        commands += (before.empty() ? "rm " + file : "mv " + former(each.file).string() + ' ' + file) + " && ";
    }
    return commands.empty() ? "" : commands + "systemctl daemon-reload";
}

/// What was done, as a line; "" is nothing.
std::string write_drop_in(drop_in const& wanted) {
    if (text_of(wanted.file) == wanted.text)
        return "";
    if (wanted.text.empty())
        fs::rename(wanted.file, former(wanted.file));
    else
        replace_file(wanted.file, wanted.text, old_file::kept);
    return (wanted.text.empty() ? "removed " : "wrote ") + wanted.file.string();
}

step::outcome write_drop_ins(std::vector<drop_in> const& all) {
    std::string done;
    for (auto const& each : all)
        if (auto const line = write_drop_in(each); !line.empty())
            done += (done.empty() ? "" : "\n") + line;
    if (!done.empty())
        return {true, done};
    return {false, all.front().text.empty() ? "nothing to do: they may write there anyway"
                                            : all.front().file.string() + " says so already"};
}

step drop_in_step(setup_request const& asked, setup_places const& places) {
    bool const needed = !is_at_or_below(asked.directory, places.state);
    std::vector<drop_in> const all{
        {places.drop_in(), needed ? drop_in_text(asked.directory) : ""},
        {places.mirror_drop_in(), needed ? mirror_drop_in_text(asked.directory) : ""},
    };
    std::string files;
    for (auto const& each : all)
        if (text_of(each.file) != each.text)
            files += ' ' + each.file.string();
    return {"let the service write there, and its mirrors note how they are",
            files.empty() ? "nothing"
            : needed      ? "write" + files
                          : "rm" + files + " (kept as .bak)",
            undo_of(all), [all] { return write_drop_ins(all); }};
}

step::outcome write_keys(fs::path const& file, std::vector<changed_key> const& changes) {
    if (changes.empty())
        return {false, file.string() + " says so already"};
    auto text = text_of(file);
    std::string shown;
    for (auto const& change : changes) {
        text = with_key(text, change);
        shown += (shown.empty() ? "" : "\n") + change.shown;
    }
    replace_file(file, text, old_file::kept);
    return {true, shown};
}

step config_step(setup_request const& asked, setup_places const& places, settings const& now) {
    auto const changes = changes_for(asked, now);
    auto const file = places.config_file;
    std::string plan;
    for (auto const& change : changes)
        plan += (plan.empty() ? "" : "; ") + change.shown;
    std::error_code unseen;
    auto const undo =
        fs::exists(file, unseen) ? "mv " + file.string() + ".bak " + file.string() : "rm " + file.string();
    return {"set the configuration in " + file.string(), changes.empty() ? "nothing: it says so already" : plan,
            changes.empty() ? "" : undo, [file, changes] { return write_keys(file, changes); }};
}

step::outcome show_first_export(fs::path const& directory, export_watch const& watch) {
    if (wait_for_first_export(directory, watch) == waited::interrupted)
        return {false,
                "interrupted: the export goes on in the service, and osm-notes-exportd status shows how far it is"};
    return {false, "generation " + std::to_string(published_generation(directory)) + " is published"};
}

} // namespace

std::vector<step> preparing_steps(setup_request const& asked, setup_places const& places, settings const& now) {
    std::vector<step> all;
    all.push_back(directory_step(asked, places)); // what is wrong with it is seen without the server
    all.push_back(version_step(asked, places, now));
    all.push_back(drop_in_step(asked, places));
    all.push_back(config_step(asked, places, now));
    all.insert(all.begin(), warehouse_step(asked, places, now));
    return all;
}

std::vector<step> starting_steps(setup_request const& asked, setup_places const& places,
                                 std::function<bool()> const& changed, std::function<void(std::string const&)> show,
                                 std::function<bool(std::string const&)> ended) {
    export_watch const watch{.state = state_of_service, .show = std::move(show), .ended = std::move(ended)};
    return {{"let systemd read its files", "systemctl daemon-reload", "",
             [] {
                 tell_systemd("daemon-reload");
                 return step::outcome{false, "done"};
             }},
            {"check as the service's user", "osm-notes-exportd check", "",
             [] {
                 return step::outcome{false, check_with_this_program()};
             }},
            {"enable and start the service", "systemctl enable --now osm-notes-exportd",
             "systemctl disable --now osm-notes-exportd",
             [changed, read = std::vector{places.config_file, places.drop_in()}] {
                 return step::outcome{true, start_service(changed(), read)};
             }},
            {"wait for the first export", "nothing but waiting", "",
             [directory = asked.directory, watch] { return show_first_export(directory, watch); }}};
}

} // namespace exportd
