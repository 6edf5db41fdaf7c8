#include "http/pages.hpp"

#include "http/profile_page.hpp"
#include "http/status_page.hpp"
#include "status/health_json.hpp"
#include "status/readiness.hpp"

#include <algorithm>
#include <cctype>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kept_for{1};
constexpr std::string_view nothing_allowed = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

http_answer data_answer(std::string_view content_type, std::string text) {
    return {200, content_type, std::string{nothing_allowed}, std::make_shared<std::string const>(std::move(text))};
}

http_answer html_answer(unsigned status, html_page page) {
    return {status, "text/html; charset=utf-8",
            "default-src 'none'; style-src 'nonce-" + page.nonce + "'; script-src 'nonce-" + page.nonce +
                "'; connect-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            std::make_shared<std::string const>(std::move(page.text))};
}

http_answer verdict(std::string const& problem) {
    return problem.empty() ? plain_answer(200, "ok\n") : plain_answer(503, problem + '\n');
}

// "[::1]:9847" -> "::1"
std::string host_name(std::string_view host) {
    std::string name{host};
    auto const bracket = name.find(']');
    if (name.starts_with('[') && bracket != std::string::npos)
        return name.substr(1, bracket - 1);
    name = name.substr(0, name.find(':'));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name;
}

} // namespace

http_answer plain_answer(unsigned status, std::string text) {
    return {status, "text/plain; charset=utf-8", std::string{nothing_allowed},
            std::make_shared<std::string const>(std::move(text))};
}

http_pages::http_pages(listen_address const& address, std::vector<notes_export::dataset> const& datasets,
                       health const& h, metrics& m)
    : m_address{address}, m_datasets{datasets}, m_health{&h}, m_metrics{&m} {}

// A web page cannot make a browser talk to a Unix socket.
bool http_pages::host_allowed(std::optional<std::string_view> host) const {
    if (!m_address.socket.empty())
        return true;
    if (!host)
        return false;
    auto const name = host_name(*host);
    return name == "localhost" || name == "127.0.0.1" || name == "::1" || name == m_address.host;
}

http_answer http_pages::answer(http_request const& asked) {
    if (!host_allowed(asked.host))
        return plain_answer(421, "ask for localhost or " + m_address.host + ", not for another name\n");
    if (asked.method != "GET" && asked.method != "HEAD")
        return plain_answer(405, "only GET and HEAD\n");
    auto const question = std::min(asked.target.find('?'), asked.target.size());
    return page(asked.target.substr(0, question), asked.target.substr(std::min(question + 1, asked.target.size())));
}

http_answer http_pages::page(std::string_view path, std::string_view query) {
    if (path == "/healthz")
        return verdict(why_not_healthy(m_health->since_tick()));
    if (path == "/readyz")
        return verdict(why_not_ready(m_health->snapshot(), clock::now()));
    if (path == "/metrics")
        return kept("/metrics",
                    [&] { return data_answer(metrics_content_type, m_metrics->text(m_health->snapshot())); });
    if (path == "/status.json")
        return kept("/status.json",
                    [&] { return data_answer("application/json", health_json(m_health->snapshot(), clock::now())); });
    if (path == "/")
        return kept("/", [&] { return html_answer(200, status_page(m_health->snapshot(), m_datasets, clock::now())); });
    if (path == "/profile") {
        auto profile = profile_page(m_health->snapshot().directory, m_datasets, query);
        return html_answer(profile.status, std::move(profile.page));
    }
    return plain_answer(404, "there are /, /metrics, /status.json, /healthz and /readyz\n");
}

http_answer http_pages::kept(std::string const& path, std::function<http_answer()> const& make) {
    auto& page = m_kept[path];
    if (auto const now = clock::now(); !page.answer.body || now - page.made >= kept_for)
        page = {now, make()};
    return page.answer;
}

} // namespace exportd
