#include "app/live_status.hpp"

#include "log/logging.hpp"
#include "settings/status_socket.hpp"
#include "settings/values.hpp"

namespace exportd {

namespace {

using logging::level;

constexpr std::chrono::seconds try_again{10};

} // namespace

live_status::live_status(asio::io_context& io, std::vector<notes_export::dataset> const& datasets, monitor& m)
    : m_again{io}, m_datasets{datasets}, m_monitor{m} {
    try_to_serve();
}

void live_status::try_to_serve() {
    try {
        auto const address = serve();
        logging::log(level::debug, "status_served", "The command status is answered", {{"address", address.text()}});
    } catch (bad_value const& e) {
        failed(e.what());
    } catch (std::system_error const& e) {
        failed(e.what());
    }
}

listen_address live_status::serve() {
    auto address = status_socket(process_environment());
    m_server = std::make_unique<http_server>(address, m_datasets, m_monitor.state(), m_monitor.figures());
    return address;
}

void live_status::failed(std::string const& error) {
    if (m_problem != error)
        logging::log(level::warning, "status_not_served",
                     "The command status will not be answered; the export goes on. Outside the service set "
                     "RUNTIME_DIRECTORY to a directory of this user, for both",
                     {{"error", error}});
    m_problem = error;
    m_again.expires_after(try_again);
    m_again.async_wait([this](error_code const& e) {
        if (!e)
            try_to_serve();
    });
}

} // namespace exportd
