#include "app/served_state.hpp"

#include "log/logging.hpp"

namespace exportd {

served_state::served_state(asio::io_context& io, listen_address const& http,
                           std::vector<notes_export::dataset> const& datasets, monitor& m)
    : m_live{io, datasets, m} {
    if (http.off())
        return;
    m_http.emplace(http, datasets, m.state(), m.figures());
    logging::log(logging::level::info, "serving", "Serving the status page and metrics",
                 {{"address", m_http->address()}});
}

} // namespace exportd
