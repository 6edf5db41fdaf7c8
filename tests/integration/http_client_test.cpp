// The library's HTTP client against a real server whose faults are scripted.
#include "support/catch.hpp"

#include "http/client.hpp"
#include "notes_export/error.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"
#include "support/wait_until.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

using namespace notes_export;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::contains;
using test::scripted_answer;
using test::scripted_server;

namespace {

http::client_options quick() {
    http::client_options o;
    o.connections = 4;
    o.limits = {.connect = 2s, .no_progress = 1s, .attempts = 3, .first_pause = 1ms, .longest_pause = 5ms};
    return o;
}

http::request get(std::string const& url) {
    http::request r;
    r.url = url;
    return r;
}

http::failure failure_of(http::client& client, http::request const& ask) {
    try {
        client.send(ask, {});
    } catch (http::transport_error const& e) {
        return e.what_failed();
    }
    FAIL("an answer came");
    return {};
}

class text_body final : public http::body {
public:
    explicit text_body(std::string text) : m_text{std::move(text)} {}
    std::uint64_t size() const override { return m_text.size(); }
    std::size_t read(std::uint64_t from, std::span<char> block) const override {
        auto const n = std::min<std::size_t>(block.size(), m_text.size() - from);
        std::copy_n(m_text.data() + from, n, block.data());
        return n;
    }

private:
    std::string m_text;
};

/// The environment as it was before, at the end.
struct environment_variable {
    environment_variable(char const* n, std::string const& value) : name{n} { ::setenv(n, value.c_str(), 1); }
    ~environment_variable() { ::unsetenv(name); }
    environment_variable(environment_variable const&) = delete;
    environment_variable& operator=(environment_variable const&) = delete;
    char const* name;
};

} // namespace

TEST_CASE("http client: an answer with status, headers and content", "[http]") {
    scripted_server server{[](auto const& r) {
        return scripted_answer{404, {{"X-Odd", " a b "}}, std::string{r["X-Mine"]}, {}, false};
    }};
    http::client client{quick()};
    auto ask = get(server.url() + "/x");
    ask.headers = [] { return http::header_list{{"X-Mine", "yes"}}; };
    auto const answer = client.send(ask, {});
    CHECK(answer.status == 404);
    CHECK(answer.header("x-odd") == "a b");
    CHECK(answer.content == "yes");
}

TEST_CASE("http client: content is sent whole, again after a failure", "[http]") {
    std::atomic<int> asked = 0;
    std::string got;
    scripted_server server{[&](auto const& r) {
        got = r.body();
        return ++asked == 1 ? scripted_answer{503, {}, "", {}, false} : scripted_answer{};
    }};
    http::client client{quick()};
    auto ask = get(server.url() + "/x");
    ask.method = "PUT";
    std::string const content(300'000, 'c');
    ask.content = std::make_shared<text_body>(content);
    CHECK(client.send(ask, {}).ok());
    CHECK(asked == 2);
    CHECK(got == content);
}

TEST_CASE("http client: headers are made anew for each attempt", "[http]") {
    std::vector<std::string> seen;
    scripted_server server{[&](auto const& r) {
        seen.emplace_back(r["X-Attempt"]);
        return scripted_answer{seen.size() < 3 ? 500U : 200U, {}, "", {}, false};
    }};
    http::client client{quick()};
    int made = 0;
    auto ask = get(server.url());
    ask.headers = [&] { return http::header_list{{"X-Attempt", std::to_string(++made)}}; };
    CHECK(client.send(ask, {}).ok());
    CHECK(seen == std::vector<std::string>{"1", "2", "3"});
}

TEST_CASE("http client: gives up after all attempts, with the last answer", "[http]") {
    scripted_server server{[](auto const&) { return scripted_answer{429, {}, "slow down", {}, false}; }};
    http::client client{quick()};
    auto const answer = client.send(get(server.url()), {});
    CHECK(answer.status == 429);
    CHECK(answer.content == "slow down");
    CHECK(server.requests().size() == 3);
}

TEST_CASE("http client: waits as long as Retry-After says", "[http]") {
    std::vector<steady_clock::time_point> times;
    scripted_server server{[&](auto const&) {
        times.push_back(steady_clock::now());
        return scripted_answer{times.size() == 1 ? 503U : 200U, {{"Retry-After", "1"}}, "", {}, false};
    }};
    http::client client{quick()};
    CHECK(client.send(get(server.url()), {}).ok());
    REQUIRE(times.size() == 2);
    CHECK(times[1] - times[0] >= 990ms);
}

TEST_CASE("http client: redirects are not followed", "[http]") {
    scripted_server server{[](auto const&) { return scripted_answer{301, {{"Location", "/other"}}, "", {}, false}; }};
    http::client client{quick()};
    CHECK(client.send(get(server.url()), {}).status == 301);
    CHECK(server.requests().size() == 1);
}

TEST_CASE("http client: an answer that is cut is a failure", "[http]") {
    scripted_server server{[](auto const&) { return scripted_answer{200, {}, "0123456789", 4, false}; }};
    http::client client{quick()};
    CHECK(failure_of(client, get(server.url())) == http::failure::broken);
    CHECK(server.requests().size() == 3);
}

TEST_CASE("http client: a longer answer than allowed is a failure, at once", "[http]") {
    scripted_server server{[](auto const&) { return scripted_answer{200, {}, std::string(5000, 'x'), {}, false}; }};
    http::client client{quick()};
    auto ask = get(server.url());
    ask.longest_answer = 4999;
    CHECK(failure_of(client, ask) == http::failure::too_long);
    CHECK(server.requests().size() == 1);
}

TEST_CASE("http client: an answer can be taken piece by piece, an attempt that failed is void", "[http]") {
    std::atomic<int> asked = 0;
    scripted_server server{[&](auto const&) {
        return scripted_answer{
            200, {}, "0123456789", ++asked == 1 ? std::optional<std::size_t>{4} : std::nullopt, false};
    }};
    http::client client{quick()};
    std::string taken;
    auto ask = get(server.url());
    ask.take = [&](std::string_view piece) { taken += piece; };
    ask.begin_again = [&] { taken.clear(); };
    CHECK(client.send(ask, {}).content.empty());
    CHECK(taken == "0123456789");
}

TEST_CASE("http client: a server that never answers is slow, and a stop does not wait for it", "[http]") {
    scripted_server server{[](auto const&) { return scripted_answer{200, {}, "", {}, true}; }};
    auto options = quick();
    options.limits.attempts = 1;
    http::client client{options};
    auto const begun = steady_clock::now();
    CHECK(failure_of(client, get(server.url())) == http::failure::slow);
    CHECK(steady_clock::now() - begun < 3s);

    std::stop_source stop;
    options.limits.no_progress = 60s;
    http::client patient{options};
    std::thread stopper{[&] {
        test::wait_until([&] { return server.requests().size() == 2; });
        stop.request_stop();
    }};
    CHECK_THROWS_AS(patient.send(get(server.url()), stop.get_token()), cancelled);
    stopper.join();
    CHECK(steady_clock::now() - begun < 5s);
}

TEST_CASE("http client: a server that sends a byte now and then is as slow as a silent one", "[http]") {
    auto answer = scripted_answer{200, {}, std::string(1000, 'x'), {}, false};
    answer.trickle = 20ms;
    scripted_server server{[&](auto const&) { return answer; }};
    auto options = quick();
    options.limits.attempts = 1;
    http::client client{options};
    auto const begun = steady_clock::now();
    auto const text = test::thrown_message([&] { client.send(get(server.url() + "/x"), {}); });
    CHECK(text == "GET " + server.url() + "/x: no progress within 1 s");
    CHECK(steady_clock::now() - begun < 5s);

    options.limits.least_progress = 10; // it is fast enough then, however long it takes
    http::client patient{options};
    answer.content.resize(150);
    CHECK(patient.send(get(server.url()), {}).content == answer.content);
}

TEST_CASE("http client: a stop ends a pause between attempts", "[http]") {
    scripted_server server{[](auto const&) { return scripted_answer{503, {{"Retry-After", "60"}}, "", {}, false}; }};
    http::client client{quick()};
    std::stop_source stop;
    std::thread stopper{[&] {
        test::wait_until([&] { return server.requests().size() == 1; });
        stop.request_stop();
    }};
    auto const begun = steady_clock::now();
    CHECK_THROWS_AS(client.send(get(server.url()), stop.get_token()), cancelled);
    stopper.join();
    CHECK(steady_clock::now() - begun < 2s);
}

TEST_CASE("http client: no more connections than allowed, and all are used again", "[http]") {
    scripted_server server{[](auto const&) { return scripted_answer{200, {}, "x", {}, false}; }};
    http::client client{quick()};
    int given = 0;
    int answered = 0;
    client.run(
        [&]() -> http::offer {
            if (given == 200)
                return {std::nullopt, true};
            if (++given % 3 == 0)
                return {};
            return {http::exchange{get(server.url() + '/' + std::to_string(given)), [&](auto const&) { ++answered; }},
                    false};
        },
        {});
    CHECK(answered == 134);
    CHECK(server.most_connections() <= 4);
}

TEST_CASE("http client: the first failure ends all others", "[http]") {
    scripted_server server{[](auto const& r) { return scripted_answer{200, {}, "x", {}, r.target() != "/1"}; }};
    auto options = quick();
    options.limits.no_progress = 60s;
    http::client client{options};
    int given = 0;
    CHECK_THROWS_WITH(client.run(
                          [&]() -> http::offer {
                              ++given;
                              return {http::exchange{get(server.url() + '/' + std::to_string(given)),
                                                     [](auto const&) { throw std::runtime_error{"enough"}; }},
                                      false};
                          },
                          {}),
                      "enough");
}

TEST_CASE("http client: where nobody listens, and where nothing is", "[http]") {
    unsigned port = 0;
    {
        scripted_server const gone{[](auto const&) { return scripted_answer{}; }};
        port = gone.port();
    }
    http::client client{quick()};
    CHECK(failure_of(client, get("http://127.0.0.1:" + std::to_string(port))) == http::failure::unreachable);
    CHECK(failure_of(client, get("http://no-such-host.invalid/")) == http::failure::unresolved);
    CHECK(failure_of(client, get("file:///etc/passwd")) == http::failure::refused);
}

TEST_CASE("http client: a certificate is trusted by ca_file or SSL_CERT_FILE, and else not", "[http]") {
    test::temporary_directory const dir;
    auto const certificate = test::make_certificate(dir.path(), "own");
    scripted_server server{[](auto const&) { return scripted_answer{200, {}, "safe", {}, false}; }, certificate};
    http::client untrusting{quick()};
    auto const text = test::thrown_message([&] { untrusting.send(get(server.url()), {}); });
    CHECK(contains(text, "certificate"));
    CHECK(failure_of(untrusting, get(server.url())) == http::failure::tls);

    auto options = quick();
    options.ca_file = certificate.chain;
    http::client trusting{options};
    CHECK(trusting.send(get(server.url()), {}).content == "safe");

    environment_variable const file{"SSL_CERT_FILE", certificate.chain.string()};
    http::client by_environment{quick()};
    CHECK(by_environment.send(get(server.url()), {}).content == "safe");

    options.ca_file = dir / "none.pem";
    http::client wrong{options};
    CHECK(failure_of(wrong, get(server.url())) == http::failure::tls);
}
