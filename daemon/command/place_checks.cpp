#include "command/place_checks.hpp"

#include "http/socket.hpp"
#include "settings/conninfo_parts.hpp"
#include "setup/tree_directory.hpp"
#include "setup/unit.hpp"
#include "system_user.hpp"

#include <notes_export/remedy.hpp>

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <system_error>
#include <unistd.h>

namespace exportd {

namespace {

namespace fs = std::filesystem;
using notes_export::finding;
using notes_export::severity;

dev_t const always_full = makedev(1, 7); ///< /dev/full
constexpr std::uintmax_t some_records = 4096;

/// errno, 0 is none. Nothing is made, and nothing waits for a FIFO's reader.
int error_of_opening(fs::path const& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) == 0 && S_ISCHR(info.st_mode) && info.st_rdev == always_full)
        return ENOSPC;
    int const fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return errno;
    ::close(fd);
    return 0;
}

int error_of_writing_in(fs::path const& directory) {
    return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

bool has_no_room(fs::path const& place) {
    struct statvfs info {};
    return ::statvfs(place.c_str(), &info) == 0 && info.f_blocks > 0 &&
           std::uintmax_t{info.f_bavail} * info.f_frsize < some_records;
}

std::string reason(int error) {
    return std::generic_category().message(error);
}

/// Under systemd this directory comes and goes with the service.
bool is_made_by_systemd(fs::path const& directory) {
    std::error_code unseen;
    return is_at_or_below(directory, "/run/osm-notes-exportd") && !fs::exists(directory, unseen);
}

int error_of_logging_to(fs::path const& file) {
    int const error = error_of_opening(file);
    if (error == ENXIO)
        return 0; // a FIFO that nobody reads just now
    bool const to_be_made = error == ENOENT;
    int const place_error = to_be_made ? error_of_writing_in(file.parent_path()) : error;
    if (place_error != 0)
        return place_error;
    std::error_code unseen;
    bool const takes_room = to_be_made || fs::is_regular_file(file, unseen);
    return takes_room && has_no_room(to_be_made ? file.parent_path() : file) ? ENOSPC : 0;
}

finding examine_unix_socket(fs::path const& path) {
    auto const where = "unix:" + path.string();
    std::error_code unseen;
    auto const there = fs::symlink_status(path, unseen);
    if (is_made_by_systemd(path.parent_path()))
        return {severity::ok, "http", where + "; systemd makes its directory when the service starts", ""};
    if (fs::exists(there) && !fs::is_socket(there))
        return {severity::error, "http", where + " is in the place of something that is no socket, which is left alone",
                "remove it, or let [http] listen name another path"};
    if (int const error = error_of_writing_in(path.parent_path()); error != 0)
        return {severity::error, "http", where + " cannot be made: " + reason(error),
                "let [http] listen name a socket in /run/osm-notes-exportd, which systemd makes"};
    return {severity::ok, "http", where, ""};
}

std::string remedy_for_address(std::system_error const& e) {
    if (e.code() == std::errc::permission_denied)
        return "ports below 1024 are root's: choose a greater one in [http] listen, and let a web server pass on what "
               "it gets";
    if (e.code() == std::errc::address_not_available)
        return "this host has no such address: `ip address` shows those it has";
    return "another program has it: `ss -ltnp` names that; or choose another port in [http] listen";
}

finding examine_tcp(listen_address const& address, bool at_work) {
    try {
        http_socket const trial{address};
        return {severity::ok, "http", address.text() + " is free", ""};
    } catch (std::system_error const& e) {
        if (e.code() == std::errc::address_in_use && at_work)
            return {severity::ok, "http", address.text() + " is in use, as the service runs", ""};
        return {severity::error, "http", e.what(), remedy_for_address(e)};
    }
}

void examine_user(std::vector<finding>& all, unit const& service, settings const& s) {
    auto const& user = service.property("User");
    auto const owner = owner_of(s.output.directory);
    if (owner && !user.empty() && owner->name != user)
        all.push_back({severity::error, "service",
                       "it runs as " + user + ", but " + s.output.directory.string() + " belongs to " + owner->name,
                       how_to_give(s.output.directory, user)});
}

void examine_writing(std::vector<finding>& all, unit const& service, std::string const& key, fs::path const& path,
                     fs::path const& open) {
    auto const obstacle = path.empty() ? std::string{} : service.write_obstacle(path);
    if (!obstacle.empty())
        all.push_back({severity::error, "service",
                       "it cannot write to " + path.string() + " (" + key + "): " + obstacle,
                       obstacle.ends_with("names it")
                           ? "systemctl edit osm-notes-exportd: below [Service], ReadWritePaths=" + open.string()
                           : "choose another place, or change that with systemctl edit osm-notes-exportd"});
}

// libpq takes a host that begins with '/' for the directory of the server's socket.
void examine_database_socket(std::vector<finding>& all, unit const& service, settings const& s) {
    auto const parts = conninfo_parts(s.database.conninfo);
    auto const host = parts.find("host");
    if (host == parts.end() || !host->second.starts_with('/'))
        return;
    if (auto const obstacle = service.sight_obstacle(host->second); !obstacle.empty())
        all.push_back({severity::error, "service",
                       "it cannot reach the server's socket in " + host->second + ": " + obstacle,
                       "change that with systemctl edit osm-notes-exportd"});
}

} // namespace

std::vector<finding> examine_log_file(settings const& s) {
    auto const& file = s.log.file;
    if (file.empty())
        return {};
    int const error = error_of_logging_to(file);
    if (error == 0)
        return {{severity::ok, "log", file.string(), ""}};
    auto what_to_do = notes_export::remedy(error, file, notes_export::place::file);
    if (error == ENOSPC)
        what_to_do = "make room there: records are lost";
    what_to_do += what_to_do.empty() ? "let [log] file name another file" : "";
    return {{severity::error, "log", caller().name + " cannot write to " + file.string() + ": " + reason(error),
             what_to_do + "; or empty [log] file: then it is the journal"}};
}

std::vector<finding> examine_http(settings const& s) {
    auto const& address = s.http.listen;
    if (address.off())
        return {};
    if (!address.socket.empty())
        return {examine_unix_socket(address.socket)};
    auto const service = unit::ask();
    return {examine_tcp(address, service && service->property("ActiveState") == "active")};
}

std::vector<finding> examine_service(settings const& s) {
    auto const service = unit::ask();
    if (!service)
        return {};
    std::vector<finding> all;
    examine_user(all, *service, s);
    examine_writing(all, *service, "[output] directory", s.output.directory, s.output.directory);
    if (s.output.version_file.is_absolute())
        examine_writing(all, *service, "[output] version_file", s.output.version_file,
                        s.output.version_file.parent_path());
    examine_writing(all, *service, "[log] file", s.log.file, s.log.file.parent_path());
    examine_writing(all, *service, "[http] listen", s.http.listen.socket, s.http.listen.socket.parent_path());
    examine_database_socket(all, *service, s);
    if (all.empty())
        all.push_back({severity::ok, "service", "its user and its sandbox let it do all this", ""});
    return all;
}

} // namespace exportd
