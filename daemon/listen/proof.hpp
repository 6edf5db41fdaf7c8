#pragma once

#include "asio.hpp"
#include "listen/alarm_clock.hpp"
#include "listen/deafness.hpp"
#include "listen/session_opener.hpp"
#include "listen/subscription.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace exportd {

/**
 * A NOTIFY that must arrive at a subscription: what LISTEN promises is seen to work. It is sent from another session;
 * from the subscription's own when the server has no room for another, and no pooler stands between: what another
 * session would show beyond this is known then.
 *
 * Thread: the io_context's. `failed` runs there, not after cancel().
 */
class proof {
public:
    /// It may take `within` to arrive, once it is sent.
    proof(asio::io_context& io, subscription& listening, std::chrono::milliseconds within,
          std::function<void(deafness)> failed);

    /// `direct`: no pooler stands between the subscription and its server.
    void send(notes_export::session_request request, bool direct);
    /// A payload on the channel of the proofs is this one: it is no longer waited for.
    bool arrived(std::string_view payload);
    void cancel();

private:
    std::string notify() const;
    void wait(std::chrono::milliseconds at_most);
    void sent(opening_result const& s, bool direct);
    void send_alone();

    subscription& m_listening;
    std::chrono::milliseconds m_within;
    std::function<void(deafness)> m_failed;
    session_opener m_sender;
    alarm_clock m_deadline;
    std::string m_nonce; ///< payload; "" while none is waited for
};

} // namespace exportd
