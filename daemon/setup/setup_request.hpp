#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace exportd {

/// What the operator wants.
struct setup_request {
    std::string database;
    std::filesystem::path directory; ///< in normal form, see checked()
    bool http = false;
    std::filesystem::path version_file = {}; ///< of the export script, in its checkout; "": none was given
};

/// Where things of the system are. Others than the defaults are for tests.
struct setup_places {
    std::filesystem::path config_file;
    std::filesystem::path sql; ///< the directory of install.sql
    std::filesystem::path units{"/etc/systemd/system"};
    std::filesystem::path state{"/var/lib/osm-notes-exportd"}; ///< the service may write there anyway
    std::string service_user;

    std::filesystem::path drop_in() const { return units / "osm-notes-exportd.service.d/10-setup.conf"; }
    std::filesystem::path mirror_drop_in() const { return units / "osm-notes-exportd-mirror@.service.d/10-setup.conf"; }
};

/// Setup cannot begin, or not go on. One line for people.
struct setup_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The request with its directory in normal form. Throws setup_error about what can be seen to be wrong without looking
/// at the system.
setup_request checked(setup_request asked);

} // namespace exportd
