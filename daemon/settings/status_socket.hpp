#pragma once

#include "settings/listen_address.hpp"
#include "settings/load_settings.hpp"

namespace exportd {

/**
 * Where a daemon tells how it is, and `status` asks: status.sock in the runtime directory that systemd makes for the
 * service (RUNTIME_DIRECTORY), else in the one that the service has by default.
 *
 * Throws  bad_value when the name is too long for a socket.
 */
listen_address status_socket(environment const& env);

} // namespace exportd
