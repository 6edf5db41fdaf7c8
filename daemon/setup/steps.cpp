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

step::outcome write_drop_in(fs::path const& file, std::string const& wanted) {
    if (text_of(file) == wanted)
        return {false,
                wanted.empty() ? "nothing to do: it may write there anyway" : file.string() + " says so already"};
    if (wanted.empty())
        fs::remove(file);
    else
        replace_file(file, wanted, old_file::forgotten);
    return {true, (wanted.empty() ? "removed " : "wrote ") + file.string()};
}

step drop_in_step(setup_request const& asked, setup_places const& places) {
    auto const file = places.drop_in();
    bool const needed = !is_at_or_below(asked.directory, places.state);
    auto const wanted = needed ? drop_in_text(asked.directory) : "";
    bool const same = text_of(file) == wanted;
    return {"let the service write there", same ? "nothing" : (needed ? "write " : "rm ") + file.string(),
            same || !needed ? "" : "rm " + file.string() + " && systemctl daemon-reload",
            [file, wanted] { return write_drop_in(file, wanted); }};
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

std::vector<step> starting_steps(setup_request const& asked, std::function<bool()> const& changed,
                                 std::function<void(std::string const&)> show,
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
             [changed] {
                 return step::outcome{true, start_service(changed())};
             }},
            {"wait for the first export", "nothing but waiting", "",
             [directory = asked.directory, watch] { return show_first_export(directory, watch); }}};
}

} // namespace exportd
