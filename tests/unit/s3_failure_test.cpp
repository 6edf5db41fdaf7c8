// What a person reads when a store refuses, and what is never shown.
#include "support/catch.hpp"

#include "mirror/s3/address.hpp"
#include "mirror/s3/failure.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"

#include <fstream>
#include <string>

using namespace notes_export;
using namespace notes_export::mirror;
using test::contains;

namespace {

constexpr std::time_t now = 1'700'000'000; // Tue, 14 Nov 2023 22:13:20 GMT

mirror_error failure_of(int status, std::string const& inside, http::header_list headers = {}) {
    http::response answer{status, std::move(headers), inside.empty() ? "" : "<Error>" + inside + "</Error>"};
    return s3_failure("PUT https://s3.example.org/b/x", answer, {"ACCESS", "SECRET", "TOKEN"}, now);
}

std::string kind_of(int status, std::string const& code) {
    return failure_of(status, code.empty() ? "" : "<Code>" + code + "</Code><Message>m</Message>").kind();
}

s3_options at(std::string const& url, s3_style style = s3_style::path) {
    s3_options o;
    o.url = url;
    o.style = style;
    return o;
}

} // namespace

TEST_CASE("s3 failure: each has its own kind and a remedy", "[mirror]") {
    CHECK(kind_of(403, "InvalidAccessKeyId") == "credentials");
    CHECK(kind_of(403, "SignatureDoesNotMatch") == "credentials");
    CHECK(kind_of(400, "ExpiredToken") == "credentials");
    CHECK(kind_of(403, "AccessDenied") == "access_denied");
    CHECK(kind_of(404, "NoSuchBucket") == "no_bucket");
    CHECK(kind_of(403, "RequestTimeTooSkewed") == "clock");
    CHECK(kind_of(503, "SlowDown") == "slow_down");
    CHECK(kind_of(429, "") == "slow_down");
    CHECK(kind_of(500, "InternalError") == "server_error");
    CHECK(kind_of(502, "") == "server_error");
    CHECK(kind_of(301, "PermanentRedirect") == "moved");
    CHECK(kind_of(307, "") == "moved");
    CHECK(kind_of(400, "AuthorizationHeaderMalformed") == "moved");
    CHECK(kind_of(400, "BadDigest") == "damaged");
    CHECK(kind_of(400, "RequestTimeout") == "slow");
    CHECK(kind_of(413, "EntityTooLarge") == "quota");
    CHECK(kind_of(418, "Teapot") == "refused");
    for (auto const* const code : {"InvalidAccessKeyId", "SlowDown", "NoSuchBucket", "PermanentRedirect", "Teapot"})
        CHECK_FALSE(failure_of(400, "<Code>" + std::string{code} + "</Code>").remedy().empty());
}

TEST_CASE("s3 failure: a wrong clock is told with its difference", "[mirror]") {
    auto const code = "<Code>RequestTimeTooSkewed</Code>";
    auto const behind = failure_of(403, code, {{"Date", "Tue, 14 Nov 2023 23:13:20 GMT"}});
    CHECK(contains(behind.what(), "3600 s behind the store's"));
    auto const ahead = failure_of(403, code, {{"Date", "Tue, 14 Nov 2023 21:13:20 GMT"}});
    CHECK(contains(ahead.what(), "3600 s ahead of the store's"));
}

TEST_CASE("s3 failure: a bucket in another region names the endpoint", "[mirror]") {
    auto const moved = failure_of(301, "<Code>PermanentRedirect</Code><Endpoint>s3.eu.example.org</Endpoint>",
                                  {{"x-amz-bucket-region", "eu-west-1"}});
    CHECK(contains(moved.what(), "s3.eu.example.org"));
    CHECK(contains(moved.remedy(), "region = eu-west-1"));
}

TEST_CASE("s3 failure: what the server says is one short line without secrets", "[mirror]") {
    auto const e = failure_of(400, "<Code>Odd</Code><Message>a&#10;b SECRET TOKEN ACCESS " + std::string(3000, 'x') +
                                       "</Message>");
    std::string const text = e.what();
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.size() < 600);
    for (auto const* const secret : {"SECRET", "TOKEN", "ACCESS"})
        CHECK_FALSE(contains(text, secret));
}

TEST_CASE("s3 address: paths of both styles", "[mirror]") {
    s3_address const path{at("https://s3.example.org/bucket/data")};
    CHECK(path.url_of(path.path_of("data/a b.json")) == "https://s3.example.org/bucket/data/a%20b.json");
    CHECK(path.prefix() == "data/");
    s3_address const host{at("https://s3.example.org:443/bucket/", s3_style::host)};
    CHECK(host.host() == "bucket.s3.example.org");
    CHECK(host.url_of(host.path_of("x")) == "https://bucket.s3.example.org/x");
    CHECK(host.path_of("") == "/");
    CHECK(host.prefix().empty());
}

TEST_CASE("s3 address: what is no plain URL is refused, and a password in it is not shown", "[mirror]") {
    for (auto const* const url : {"", "ftp://h/b", "https:///b", "https://h", "https://h/", "https://h/b?x=1",
                                  "https://h/b/../c", "https://h//b", "https://me:SECRET@h/b", "https://h/b%20"}) {
        INFO(url);
        auto const text = test::thrown_message([&] { s3_address const usable{at(url)}; });
        CHECK_FALSE(text.empty());
        CHECK_FALSE(contains(text, "SECRET"));
    }
}

TEST_CASE("s3 credentials: come from files, and what is in them is not shown", "[mirror]") {
    test::temporary_directory const dir;
    auto const write = [&](char const* name, std::string const& text) {
        std::ofstream{dir / name} << text;
        std::filesystem::permissions(dir / name, std::filesystem::perms{0640});
        return dir / name;
    };
    auto const read = read_s3_credentials(write("a", " key\n"), write("s", "secret\r\n"), write("t", "token"));
    CHECK(read.access_key == "key");
    CHECK(read.secret_key == "secret");
    CHECK(read.session_token == "token");
    for (auto const* const bad : {"", "\n", "TWO WORDS", "LINE\r\nX-Header: 1"}) {
        auto const text = test::thrown_message([&] { read_s3_credentials(dir / "a", write("bad", bad)); });
        CHECK(contains(text, "bad"));
        CHECK_FALSE(contains(text, "WORDS"));
        CHECK_FALSE(contains(text, "LINE"));
    }
    CHECK(contains(test::thrown_message([&] { read_s3_credentials(dir / "none", dir / "a"); }), "No such file"));
    std::filesystem::permissions(dir / "a", std::filesystem::perms{0644}); // that one is no secret
    CHECK(read_s3_credentials(dir / "a", dir / "s").secret_key == "secret");
    for (auto const* const open : {"s", "t"}) {
        INFO(open);
        std::filesystem::permissions(dir / open, std::filesystem::perms{0644});
        CHECK(contains(test::thrown_message([&] { read_s3_credentials(dir / "a", dir / "s", dir / "t"); }),
                       (dir / open).string() + ": it is open to everybody: take that away with chmod o="));
        std::filesystem::permissions(dir / open, std::filesystem::perms{0600});
    }
}
