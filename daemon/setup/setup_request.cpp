#include "setup/setup_request.hpp"

#include "settings/values.hpp"
#include "setup/unit.hpp"

#include <notes_export/utf8.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace exportd {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 63;

void check_database(std::string const& name) {
    if (name.empty())
        throw setup_error{"--database NAME is missing: the warehouse of OSM-Notes-Analytics, usually notes_dwh"};
    // Not shown: it may hold a password.
    if (name.find('=') != std::string::npos || name.find("://") != std::string::npos)
        throw setup_error{"--database takes the name of a database only; host, port and user belong in [database] "
                          "conninfo of the configuration file, a password in [database] password_file"};
    if (notes_export::has_control_character(name))
        throw setup_error{"--database " + in_quotes(name) + ": a name with control characters cannot be configured"};
    if (name.size() > longest_name)
        throw setup_error{"--database " + in_quotes(name) + " is longer than " + std::to_string(longest_name) +
                          " bytes, so it is no database of PostgreSQL"};
}

struct unfit_place {
    char const* directory;
    char const* why;
};
constexpr std::array unfit_places{
    unfit_place{"/tmp", "the service does not see that: its unit has PrivateTmp=yes"},
    unfit_place{"/var/tmp", "the service does not see that: its unit has PrivateTmp=yes"},
    unfit_place{"/home", "the service does not see that: its unit has ProtectHome=yes"},
    unfit_place{"/root", "the service does not see that: its unit has ProtectHome=yes"},
    unfit_place{"/run", "that is empty after each boot"},
    unfit_place{"/dev", "that is no place for files"},
    unfit_place{"/proc", "that is no place for files"},
    unfit_place{"/sys", "that is no place for files"},
    unfit_place{"/etc", "that is the system's own"},
    unfit_place{"/usr", "that is the system's own"},
    unfit_place{"/boot", "that is the system's own"},
    unfit_place{"/bin", "that is the system's own"},
    unfit_place{"/sbin", "that is the system's own"},
    unfit_place{"/lib", "that is the system's own"},
    unfit_place{"/var/lib/postgresql", "that is the server's own"},
};
/// Directories that many share: below them is a good place.
constexpr std::array<std::string_view, 9> shared_places{"/var/lib",  "/var/log",     "/var/cache",
                                                        "/var/www",  "/var/spool",   "/var/opt",
                                                        "/var/mail", "/var/backups", "/var/local"};

fs::path checked_directory(fs::path const& given) {
    constexpr auto* choose = "; choose another one, such as /srv/www/notes-json";
    if (given.empty())
        throw setup_error{"--directory DIR is missing: where the published tree shall be, such as /srv/www/notes-json"};
    auto const& text = given.native();
    if (notes_export::has_control_character(text) || text.ends_with(' '))
        throw setup_error{"--directory " + in_quotes(text) +
                          ": a path with control characters or a blank at its end cannot be configured"};
    fs::path directory;
    try {
        directory = parse_absolute_path(text);
    } catch (bad_value const& e) {
        throw setup_error{std::string{"--directory: "} + e.what()};
    }
    for (auto const& [place, why] : unfit_places)
        if (is_at_or_below(directory, place))
            throw setup_error{"--directory " + in_quotes(directory.native()) + ": " + why + choose};
    if (directory.parent_path() == directory.root_path() || directory == directory.root_path() ||
        std::ranges::find(shared_places, directory.native()) != shared_places.end())
        throw setup_error{"--directory " + in_quotes(directory.native()) +
                          " is not the tree's own: everything in it would be given to the exporter" + choose};
    return directory;
}

fs::path checked_version_file(fs::path const& given) {
    if (given.empty())
        return given;
    try {
        return parse_absolute_path(given.native());
    } catch (bad_value const& e) {
        throw setup_error{std::string{"--version-file: "} + e.what()};
    }
}

} // namespace

setup_request checked(setup_request asked) {
    check_database(asked.database);
    asked.directory = checked_directory(asked.directory);
    asked.version_file = checked_version_file(asked.version_file);
    return asked;
}

} // namespace exportd
