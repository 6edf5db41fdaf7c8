#include "mirror/purge.hpp"

#include <chrono>
#include <curl/curl.h>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

namespace notes_export::mirror {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t connections = 8;
constexpr long connect_timeout_ms = 5'000;
constexpr long request_timeout_ms = 10'000;
constexpr std::chrono::seconds time_for_all{60};
constexpr int look_for_stop_ms = 200;
constexpr long first_refusal = 400;
constexpr long not_cached = 404;

struct close_easy {
    void operator()(CURL* c) const noexcept { curl_easy_cleanup(c); }
};
struct close_multi {
    void operator()(CURLM* c) const noexcept { curl_multi_cleanup(c); }
};

std::size_t ignore(char*, std::size_t size, std::size_t count, void*) {
    return size * count;
}

/// One request after the other on a connection of its own.
struct request {
    std::unique_ptr<CURL, close_easy> handle{curl_easy_init()};
    std::string path;

    void prepare(std::string const& base, std::string of) {
        path = std::move(of);
        auto* const c = handle.get();
        curl_easy_setopt(c, CURLOPT_URL, (base + (base.ends_with('/') ? "" : "/") + path).c_str());
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "PURGE");
        curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &ignore);
        curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
        curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, request_timeout_ms);
        curl_easy_setopt(c, CURLOPT_PRIVATE, this);
    }

    /// "" when it did what it should.
    std::string outcome(CURLcode result) const {
        if (result != CURLE_OK)
            return curl_easy_strerror(result);
        long status = 0;
        curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
        return status < first_refusal || status == not_cached ? "" : "HTTP status " + std::to_string(status);
    }
};

class purging {
public:
    purging(std::string const& base, std::vector<std::string> const& paths)
        : m_base{base}, m_left{paths.begin(), paths.end()} {}

    purged_urls run(std::stop_token const& stop) {
        auto const end = clock::now() + time_for_all;
        for (std::size_t i = 0; i < connections && !m_left.empty(); ++i) {
            m_requests.push_back(std::make_unique<request>());
            begin(*m_requests.back());
        }
        int running = 1;
        while (running > 0 && !stop.stop_requested() && clock::now() < end) {
            curl_multi_perform(m_multi.get(), &running);
            running += collect();
            if (running > 0)
                curl_multi_poll(m_multi.get(), nullptr, 0, look_for_stop_ms, nullptr);
        }
        give_up(stop.stop_requested() ? "asked to stop" : "no time left");
        return std::move(m_result);
    }

private:
    void begin(request& r) {
        r.prepare(m_base, std::move(m_left.front()));
        m_left.pop_front();
        curl_multi_add_handle(m_multi.get(), r.handle.get());
    }

    /// How many were begun in place of those that ended.
    int collect() {
        int begun = 0;
        int unused = 0;
        while (CURLMsg const* const message = curl_multi_info_read(m_multi.get(), &unused)) {
            if (message->msg != CURLMSG_DONE)
                continue;
            request* r = nullptr;
            auto const result = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &r);
            end(*r, r->outcome(result));
            if (!m_left.empty()) {
                begin(*r);
                ++begun;
            }
        }
        return begun;
    }

    void end(request& r, std::string const& error) {
        curl_multi_remove_handle(m_multi.get(), r.handle.get());
        if (error.empty())
            ++m_result.purged;
        else
            failed(std::exchange(r.path, ""), error);
        r.path.clear();
    }

    void failed(std::string path, std::string const& error) {
        if (m_result.error.empty())
            m_result.error = path + ": " + error;
        m_result.failed.push_back(std::move(path));
    }

    void give_up(std::string const& why) {
        for (auto& r : m_requests)
            if (!r->path.empty())
                end(*r, why);
        for (auto& path : m_left)
            failed(std::move(path), why);
    }

    std::string m_base;
    std::deque<std::string> m_left;
    std::unique_ptr<CURLM, close_multi> m_multi{curl_multi_init()};
    std::vector<std::unique_ptr<request>> m_requests;
    purged_urls m_result;
};

} // namespace

purged_urls purge_urls(std::string const& base, std::vector<std::string> const& paths, std::stop_token const& stop) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    return purging{base, paths}.run(stop);
}

} // namespace notes_export::mirror
