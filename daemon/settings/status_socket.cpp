#include "settings/status_socket.hpp"

#include <string>

namespace exportd {

listen_address status_socket(environment const& env) {
    auto directory = env("RUNTIME_DIRECTORY").value_or("");
    directory = directory.substr(0, directory.find(':')); // there may be several
    if (!directory.starts_with('/'))
        directory = "/run/osm-notes-exportd";
    return parse_listen_address("unix:" + directory + "/status.sock");
}

} // namespace exportd
