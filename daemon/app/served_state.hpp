#pragma once

#include "app/live_status.hpp"
#include "http/server.hpp"

#include <optional>

namespace exportd {

/**
 * Where the state of the daemon can be asked for: always on the socket of the command status, and at [http] listen when
 * that is set.
 *
 * Throws  std::system_error when [http] listen cannot be listened on.
 * Thread  the io_context's.
 */
class served_state {
public:
    served_state(asio::io_context& io, listen_address const& http, std::vector<notes_export::dataset> const& datasets,
                 monitor& m);

private:
    live_status m_live;
    std::optional<http_server> m_http;
};

} // namespace exportd
