#pragma once

#include "http/client_options.hpp"
#include "http/error.hpp"
#include "http/exchange.hpp"
#include "http/progress_watch.hpp"
#include "http/traffic.hpp"

#include <array>
#include <chrono>
#include <curl/curl.h>
#include <memory>
#include <optional>
#include <string>

namespace notes_export::http {

/**
 * One request on its way: libcurl's handle for it, and what has come back.
 *
 * A place that is used again and again: begin() for each attempt, then the handle belongs to a multi handle until that
 * says CURLMSG_DONE. Not movable, libcurl knows its address. Thread: one.
 */
class transfer {
public:
    explicit transfer(client_options const& options);
    transfer(transfer const&) = delete;
    transfer& operator=(transfer const&) = delete;

    CURL* handle() const noexcept { return m_handle.get(); }
    /// Sets the handle up for an attempt. Throws transport_error{refused} for a URL that is none.
    void begin(request const& ask);

    struct failed {
        failure what;
        std::string text; ///< what was asked and why it failed
    };
    /// How the attempt ended. nullopt: there is a whole answer. Throws what a function of the request threw.
    std::optional<failed> outcome(CURLcode result) const;
    failed no_progress() const;
    response& answer() noexcept { return m_traffic.answer(); }
    /// Have too few bytes come and gone for too long? The beginning of an answer is progress, too. Asked now and then.
    bool is_stuck(std::chrono::steady_clock::time_point now);

private:
    void set_content();
    void set_headers();
    std::string asked() const;

    struct clean_handle {
        void operator()(CURL* h) const noexcept { curl_easy_cleanup(h); }
    };
    struct free_list {
        void operator()(curl_slist* l) const noexcept { curl_slist_free_all(l); }
    };
    client_options const* m_options;
    std::unique_ptr<CURL, clean_handle> m_handle;
    std::unique_ptr<curl_slist, free_list> m_headers;
    std::array<char, CURL_ERROR_SIZE> m_reason{};
    request const* m_ask = nullptr;
    traffic m_traffic;
    progress_watch m_progress;
};

} // namespace notes_export::http
