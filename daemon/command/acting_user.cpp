#include "command/acting_user.hpp"

#include "settings/load_settings.hpp"
#include "settings/status_socket.hpp"
#include "settings/values.hpp"
#include "setup/program.hpp"

#include <unistd.h>

namespace exportd {

namespace {

namespace fs = std::filesystem;

/// Of the nearest directory above that is there.
file_owner owner_above(fs::path directory) {
    std::optional<file_owner> found;
    do {
        directory = directory.parent_path();
        found = owner_of(directory);
    } while (!found && directory.has_relative_path());
    return found.value_or(file_owner{});
}

bool may(fs::path const& path, int rights) {
    return ::access(path.c_str(), rights) == 0;
}

/// Can somebody who does not own the tree do that here all the same? A shared tree has a group, or an access list.
bool can_do_it(works_as how, fs::path const& directory) {
    std::error_code unseen;
    if (!fs::exists(directory, unseen))
        return !unseen && (how == works_as::reader || may(directory.parent_path(), W_OK | X_OK));
    auto const inner = directory / ".exportd";
    bool const enters = may(directory, R_OK | X_OK) && (!fs::exists(inner, unseen) || may(inner, R_OK | X_OK));
    return enters && (how == works_as::reader || may(directory, W_OK | X_OK));
}

/// `status` has something to say to whoever may ask the daemon.
bool reaches_daemon(command_line const& line) {
    if (line.name != command::status)
        return false;
    try {
        return may(status_socket(process_environment()).socket, W_OK);
    } catch (bad_value const&) { // no directory at all
        return false;
    }
}

bool is_service_user() {
    auto const service = user_named(service_user_name);
    return service && service->is_caller();
}

// What --set gave is left out: it may hold a password.
std::string refusal(command_line const& line, settings const& s, file_owner const& who) {
    auto const as = who.is_root() ? std::string{"sudo "} : "sudo -u " + who.name + ' ';
    bool const there = owner_of(s.output.directory).has_value();
    return "the tree " + s.output.directory.string() + (there ? " belongs to " : " will belong to ") + who.name +
           ", so type: " + as + "osm-notes-exportd " + std::string{info_of(line.name).word} + line.options +
           (line.config ? " --config " + shell_word(line.config->string()) : "");
}

} // namespace

file_owner owner_of_tree(fs::path const& directory) {
    if (auto const there = owner_of(directory))
        return *there;
    auto const above = owner_above(directory);
    return above.is_root() ? user_named(service_user_name).value_or(above) : above;
}

void act_as_owner(command_line const& line, settings const& s) {
    auto const& asked = info_of(line.name);
    if (asked.works == works_as::anybody)
        return;
    auto const who = owner_of_tree(s.output.directory);
    if (who.is_caller())
        return;
    // Others may be of a group that reads the tree; and what they may not, its error says.
    if (asked.works == works_as::mirror)
        return caller().is_root() ? become(user_named(mirror_user_name).value_or(who)) : void();
    if (caller().is_root())
        return become(who);
    // The daemon says itself what it cannot do, to the log; and to tell the service to be somebody else helps nobody.
    if (asked.name != command::run && !is_service_user() && !can_do_it(asked.works, s.output.directory) &&
        !reaches_daemon(line))
        throw wrong_user{refusal(line, s, who)};
}

std::optional<std::string> advice_after(command_line const& line, settings const& s, std::string const& reason) {
    auto const& asked = info_of(line.name);
    if (asked.works == works_as::anybody || asked.works == works_as::mirror || asked.name == command::run ||
        is_service_user())
        return std::nullopt;
    auto const who = owner_of_tree(s.output.directory);
    if (who.is_caller())
        return std::nullopt;
    return refusal(line, s, who) + " (" + reason + ')';
}

} // namespace exportd
