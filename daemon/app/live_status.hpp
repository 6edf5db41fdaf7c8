#pragma once

#include "asio.hpp"
#include "http/server.hpp"
#include "settings/listen_address.hpp"
#include "status/monitor.hpp"

#include <memory>
#include <string>
#include <vector>

namespace exportd {

/**
 * The pages on the socket that `status` asks. It is no condition for the export: one that cannot be listened on is told
 * in the log, and tried again every 10 s.
 *
 * Thread  the io_context's.
 */
class live_status {
public:
    live_status(asio::io_context& io, std::vector<notes_export::dataset> const& datasets, monitor& m);

private:
    void try_to_serve();
    listen_address serve();
    void failed(std::string const& error);

    asio::steady_timer m_again;
    std::vector<notes_export::dataset> m_datasets;
    monitor& m_monitor;
    std::string m_problem; ///< as it was logged; "" is none
    std::unique_ptr<http_server> m_server;
};

} // namespace exportd
