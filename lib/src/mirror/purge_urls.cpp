#include "mirror/purge_urls.hpp"

#include "http/client.hpp"
#include "notes_export/error.hpp"

#include <chrono>
#include <utility>

namespace notes_export::mirror {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::seconds time_for_all{60};
constexpr int first_refusal = 400;
constexpr int not_cached = 404;

// Nobody waits for a cache for long: what is left is asked again after the next step.
http::client_options patient_enough() {
    http::client_options options;
    options.limits.connect = 5s;
    options.limits.no_progress = 10s;
    options.limits.attempts = 2;
    options.limits.longest_asked = 1s;
    return options;
}

class purging {
public:
    purging(std::string const& base, std::vector<std::string> const& paths)
        : m_base{base + (base.ends_with('/') ? "" : "/")}, m_paths{paths}, m_done(paths.size(), false) {}

    purged_urls run(std::stop_token const& stop) {
        try {
            http::client{patient_enough()}.run([this] { return next(); }, stop);
            left_over("no time left");
        } catch (cancelled const&) {
            left_over(stop.stop_requested() ? "asked to stop" : "no time left");
        } catch (http::transport_error const& e) { // the others would meet the same
            left_over(e.what());
        }
        return std::move(m_result);
    }

private:
    http::offer next() {
        if (m_next == m_paths.size() || clock::now() >= m_end)
            return {std::nullopt, true};
        auto const i = m_next++;
        http::request ask;
        ask.method = "PURGE";
        ask.url = m_base + m_paths[i];
        ask.take = [this](std::string_view) {
            if (clock::now() >= m_end)
                throw cancelled{"no time left"};
        };
        return {http::exchange{std::move(ask), [this, i](http::response&& answer) { answered(i, answer.status); }}};
    }

    void answered(std::size_t i, int status) {
        m_done[i] = true;
        if (status < first_refusal || status == not_cached)
            ++m_result.purged;
        else
            failed(i, "HTTP status " + std::to_string(status));
    }

    void left_over(std::string const& why) {
        for (std::size_t i = 0; i < m_paths.size(); ++i)
            if (!m_done[i])
                failed(i, why);
    }

    void failed(std::size_t i, std::string const& why) {
        if (m_result.error.empty())
            m_result.error = m_paths[i] + ": " + why;
        m_result.failed.push_back(m_paths[i]);
    }

    std::string m_base;
    std::vector<std::string> const& m_paths;
    std::vector<bool> m_done; ///< answered, whatever the answer was
    std::size_t m_next = 0;
    clock::time_point m_end = clock::now() + time_for_all;
    purged_urls m_result;
};

} // namespace

purged_urls purge_urls(std::string const& base, std::vector<std::string> const& paths, std::stop_token const& stop) {
    return purging{base, paths}.run(stop);
}

} // namespace notes_export::mirror
