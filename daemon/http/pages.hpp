#pragma once

#include "settings/listen_address.hpp"
#include "status/health.hpp"
#include "status/metrics.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

/// What a client asked for. Views of what it sent: hostile.
struct http_request {
    std::string_view method;
    std::string_view target;
    std::optional<std::string_view> host; ///< nullopt: none, or several
};

struct http_answer {
    unsigned status = 200;
    std::string_view content_type; ///< a literal
    std::string policy;            ///< Content-Security-Policy
    std::shared_ptr<std::string const> body;
};

/// A line of text for programs and people.
http_answer plain_answer(unsigned status, std::string text);

/**
 * What there is to see, and for whom.
 *
 * A request whose Host is not a name of loopback is refused: a web page elsewhere could have its name resolve to us and
 * read the answer. Pages that cost work are made at most once a second, however many clients ask.
 *
 * Thread  the server's. Does not query the database.
 */
class http_pages {
public:
    http_pages(listen_address const& address, std::vector<notes_export::dataset> const& datasets, health const& h,
               metrics& m);

    http_answer answer(http_request const& asked);

private:
    struct kept_page {
        std::chrono::steady_clock::time_point made;
        http_answer answer;
    };
    http_answer page(std::string_view path, std::string_view query);
    http_answer kept(std::string const& path, std::function<http_answer()> const& make);
    bool host_allowed(std::optional<std::string_view> host) const;

    listen_address m_address;
    std::vector<notes_export::dataset> m_datasets;
    health const* m_health;
    metrics* m_metrics;
    std::map<std::string, kept_page> m_kept; ///< by path, of which there are few
};

} // namespace exportd
