#include "support/catch.hpp"

#include "http/html_page.hpp"
#include "http/json_layout.hpp"
#include "http/pages.hpp"
#include "status/figure_text.hpp"
#include "support/thrown_message.hpp"

#include <stdexcept>

using namespace exportd;
using namespace std::chrono_literals;
using test::contains;

namespace {

struct pages_fixture {
    std::vector<notes_export::dataset> datasets = notes_export::standard_datasets();
    health state{"/srv/json", datasets};
    metrics figures{datasets, notes_export::standard_documents()};
    http_pages tcp{parse_listen_address("127.0.0.1:9847"), datasets, state, figures};
    http_pages unix_socket{parse_listen_address("unix:/run/x"), datasets, state, figures};

    unsigned status(std::string_view target, std::string_view host = "localhost", std::string_view method = "GET") {
        return tcp.answer({method, target, host}).status;
    }
};

} // namespace

TEST_CASE_METHOD(pages_fixture, "http_pages: only names of loopback may ask", "[http]") {
    for (auto const host : {"localhost", "LOCALHOST:9847", "127.0.0.1", "127.0.0.1:1234", "[::1]:80", "[::1]"})
        CHECK(status("/healthz", host) == 200);
    for (auto const host : {"rebound.example", "rebound.example:9847", "", "127.0.0.1.example", "localhost.", "[::2]",
                            "localhost@example", "192.168.0.1"})
        CHECK(status("/healthz", host) == 421);
    CHECK(tcp.answer({"GET", "/healthz", std::nullopt}).status == 421);
}

TEST_CASE_METHOD(pages_fixture, "http_pages: on a Unix socket any name may ask", "[http]") {
    CHECK(unix_socket.answer({"GET", "/healthz", "status.example"}).status == 200);
    CHECK(unix_socket.answer({"GET", "/healthz", std::nullopt}).status == 200);
}

TEST_CASE_METHOD(pages_fixture, "http_pages: only GET and HEAD", "[http]") {
    CHECK(status("/", "localhost", "HEAD") == 200);
    for (auto const method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", ""})
        CHECK(status("/", "localhost", method) == 405);
}

TEST_CASE_METHOD(pages_fixture, "http_pages: a query does not hide the path, an unknown path is 404", "[http]") {
    CHECK(status("/metrics?x=1") == 200);
    for (auto const target : {"/metricsx", "/metrics/", "//", "", "/../metrics", "http://localhost/metrics", "*"})
        CHECK(status(target) == 404);
}

TEST_CASE_METHOD(pages_fixture, "http_pages: a page is made once a second, health every time", "[http]") {
    auto const first = tcp.answer({"GET", "/", "localhost"});
    CHECK(tcp.answer({"GET", "/", "localhost"}).body == first.body);
    auto const before = tcp.answer({"GET", "/readyz", "localhost"});
    state.update([](health_state& s) { s.error = "changed"; });
    CHECK(*tcp.answer({"GET", "/readyz", "localhost"}).body != *before.body);
}

TEST_CASE_METHOD(pages_fixture, "http_pages: the policy allows the page's own style and script and nothing else",
                 "[http]") {
    auto const page = tcp.answer({"GET", "/", "localhost"});
    CHECK(page.policy.starts_with("default-src 'none'"));
    CHECK_FALSE(contains(page.policy, "unsafe"));
    auto const nonce = page.policy.substr(page.policy.find("nonce-") + 6, 32);
    CHECK(contains(*page.body, "<script nonce=\"" + nonce + "\">"));
    CHECK(contains(*page.body, "<style nonce=\"" + nonce + "\">"));
    CHECK_FALSE(contains(*page.body, " style=")); // the policy would ignore it
    CHECK_FALSE(contains(*page.body, "://"));     // nothing comes from elsewhere
    CHECK(tcp.answer({"GET", "/profile?dataset=users&id=0", "localhost"}).policy != page.policy);
}

TEST_CASE("html_text: markup, control and direction characters, broken UTF-8 and length are taken care of", "[http]") {
    CHECK(html_text("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    CHECK_FALSE(contains(html_text("a\x01\u202e\xff"), "\x01"));
    CHECK_FALSE(contains(html_text("a\x01\u202e\xff"), "\u202e"));
    CHECK(html_text(std::string(500, '<'), 10).size() < 60);
    CHECK(html_text("Jörg") == "Jörg");
}

TEST_CASE("fill_page: an unknown part is a defect, and parts are not searched for parts", "[http]") {
    CHECK(fill_page("a {{x}} b", {{"x", "{{y}}"}}).text == "a {{y}} b");
    CHECK_THROWS_AS(fill_page("{{z}}", {{"x", ""}}), std::logic_error);
}

TEST_CASE("json_as_html: lays out without changing a value", "[http]") {
    CHECK(json_as_html("{\"a\":5.00, \n \"b\":[1,{}],\"c\":\"x, {y} \\\" <\"}", 1000) ==
          "{\n  &quot;a&quot;: 5.00,\n  &quot;b&quot;: [\n    1,\n    {}\n  ],\n"
          "  &quot;c&quot;: &quot;x, {y} \\&quot; &lt;&quot;\n}");
}

TEST_CASE("json_as_html: hostile text comes out harmless and bounded", "[http]") {
    CHECK(json_as_html(std::string(100'000, '['), 10'000).size() < 10'100);
    CHECK(json_as_html("\"\\", 1000) == "&quot;\\");
    CHECK_FALSE(contains(json_as_html("<script>", 1000), "<"));
    CHECK(json_as_html("]]}}", 1000) == "\n]\n]\n}\n}");
}

TEST_CASE("figure_text: durations, sizes and counts as people read them", "[http]") {
    CHECK(duration_text(0s) == "0 s");
    CHECK(duration_text(4200us) == "4.2 ms");
    CHECK(duration_text(999.9ms) == "1 s");
    CHECK(duration_text(5s) == "5 s");
    CHECK(duration_text(90s) == "90 s");
    CHECK(duration_text(320s) == "5 min 20 s");
    CHECK(duration_text(3h) == "3 h");
    CHECK(duration_text(49h) == "2 d 1 h");
    CHECK(bytes_text(0) == "0 B");
    CHECK(bytes_text(5300) == "5.3 kB");
    CHECK(bytes_text(999'900) == "1 MB");
    CHECK(bytes_text(1.2e14) == "120 TB");
    CHECK(count_text(12) == "12");
    CHECK(count_text(1234567) == "1\u202f234\u202f567");
}
