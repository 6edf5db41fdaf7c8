#pragma once

#include "http/client_options.hpp"
#include "http/error.hpp"
#include "http/exchange.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace notes_export::http {

/// What there is to ask next.
struct offer {
    std::optional<exchange> next;
    bool last = false; ///< without `next`: no more will come. false: ask again, connections had their turn
};

/**
 * The one HTTP client of the library: libcurl, several requests at once.
 *
 * Waits   connecting has a deadline, as has each time of little progress; a stop request ends each within a second.
 * Answers are bounded, or taken piece by piece. Redirects are answers like others. Certificates are always verified.
 * Retries what may go better a little later (see retry.hpp), with pauses that grow; a server's Retry-After is honoured.
 *         Whatever is asked must therefore be the same when asked twice.
 * Proxy   as libcurl finds it in the environment.
 * Throws  transport_error when no whole answer came in all attempts; cancelled; what the functions given to it throw.
 * Thread  one at a time; curl_global_init() is called by the first.
 */
class client {
public:
    explicit client(client_options options);
    ~client();
    client(client&&) noexcept;
    client& operator=(client&&) noexcept;

    response send(request const& ask, std::stop_token const& stop);
    /// Asks as long as `next` gives something, and returns when all is answered. The first failure ends all the others.
    void run(std::function<offer()> const& next, std::stop_token const& stop);

private:
    class flow;
    std::unique_ptr<flow> m_flow;
};

} // namespace notes_export::http
