#include "mirror/s3/bucket.hpp"

#include "files/hex.hpp"
#include "mirror/error.hpp"
#include "mirror/s3/failure.hpp"
#include "mirror/s3/sigv4.hpp"
#include "schema/text.hpp"

#include <array>
#include <charconv>
#include <ctime>
#include <iterator>

namespace notes_export::mirror {

namespace {

// SHA-256 of nothing.
constexpr char const* no_content = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string amazon_time(std::time_t now) {
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::array<char, 32> text{};
    auto const n = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
    return {text.data(), n};
}

http::client_options client_options_of(s3_options const& o) {
    return {o.connections, o.limits, o.ca_file};
}

bool is_encrypted_elsewhere(http::response const& answer) {
    return answer.header("x-amz-server-side-encryption").starts_with("aws:kms") ||
           !answer.header("x-amz-server-side-encryption-customer-algorithm").empty();
}

std::string_view without_quotes(std::string_view etag) {
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
        return etag.substr(1, etag.size() - 2);
    return etag;
}

} // namespace

std::optional<md5_digest> md5_of(std::string_view etag) {
    md5_digest digest{};
    if (etag.size() != 2 * digest.size())
        return std::nullopt;
    for (auto& byte : digest) {
        auto const [end, error] = std::from_chars(etag.data(), etag.data() + 2, byte, 16);
        if (error != std::errc{} || end != etag.data() + 2)
            return std::nullopt;
        etag.remove_prefix(2);
    }
    return digest;
}

s3_bucket::s3_bucket(s3_options options)
    : m_options{std::move(options)}, m_address{m_options}, m_client{client_options_of(m_options)} {}

void s3_bucket::renew_credentials() {
    m_credentials = m_options.credentials();
}

std::string s3_bucket::asked(std::string const& method, std::string const& path) const {
    return method + ' ' + printable(m_address.url_of(m_address.path_of(path)), 500);
}

void s3_bucket::fail(std::string const& method, std::string const& path, http::response const& answer) const {
    throw s3_failure(asked(method, path), answer, m_credentials, std::time(nullptr));
}

http::header_list s3_bucket::signed_headers(wanted const& w) const {
    auto const time = amazon_time(std::time(nullptr));
    http::header_list all{{"Host", m_address.host()}, {"x-amz-date", time}, {"x-amz-content-sha256", w.content_sha256}};
    if (!m_credentials.session_token.empty())
        all.emplace_back("x-amz-security-token", m_credentials.session_token);
    all.insert(all.end(), w.more.begin(), w.more.end());
    unsigned_request const to_sign{w.method, m_address.path_of(w.path), w.parameters, all, w.content_sha256};
    signing_key const key{m_credentials.access_key, m_credentials.secret_key, m_options.region, "s3"};
    all.emplace_back("Authorization", authorization(to_sign, key, time));
    return all;
}

http::request s3_bucket::signed_request(wanted w) const {
    http::request ask;
    ask.method = w.method;
    ask.url = m_address.url_of(m_address.path_of(w.path));
    if (!w.parameters.empty())
        ask.url += '?' + canonical_query(w.parameters);
    ask.headers = [this, w = std::move(w)] { return signed_headers(w); };
    return ask;
}

http::response s3_bucket::send(http::request const& ask, std::stop_token const& stop) {
    try {
        return m_client.send(ask, stop);
    } catch (http::transport_error const& e) {
        throw s3_failure(e);
    }
}

void s3_bucket::run(std::function<http::offer()> const& next, std::stop_token const& stop) {
    try {
        m_client.run(next, stop);
    } catch (http::transport_error const& e) {
        throw s3_failure(e);
    }
}

void s3_bucket::run_one(http::exchange one, std::stop_token const& stop) {
    std::optional<http::exchange> only{std::move(one)};
    run([&]() -> http::offer { return {std::exchange(only, std::nullopt), true}; }, stop);
}

std::optional<http::response> s3_bucket::get(std::string const& path, std::stop_token const& stop) {
    auto const key = m_address.prefix() + path;
    auto answer = send(signed_request({"GET", key, {}, {}, no_content}), stop);
    if (answer.ok())
        return answer;
    if (is_no_such_key(answer))
        return std::nullopt;
    fail("GET", key, answer);
}

void s3_bucket::check_stored(std::string const& path, object_content const& content, http::response const& answer) {
    if (parse_s3_error(answer.content)) // some say only then that it went wrong
        fail("PUT", path, answer);
    auto const etag = without_quotes(answer.header("ETag"));
    auto const stored = md5_of(etag);
    if (stored == content.md5())
        return;
    // Content-MD5 was sent, so that the store itself has compared; such a one calls its objects otherwise.
    if (is_encrypted_elsewhere(answer)) {
        m_unusual_etags = true;
        return;
    }
    throw mirror_error{"damaged",
                       asked("PUT", path) + ": the store has other bytes than were sent (ETag " +
                           (stored ? std::string{etag} : "which is no MD5") + ", MD5 " + hex_of(content.md5()) + ')',
                       "it is sent again; look for a proxy in between"};
}

http::exchange s3_bucket::put(std::string const& path, std::shared_ptr<object_content const> const& content,
                              std::function<void()> done, headers more) {
    auto const key = m_address.prefix() + path;
    more.emplace_back("Content-Type", std::string{media_type_of(path)});
    more.emplace_back("Content-MD5", base64(content->md5()));
    if (!m_options.cache_control.empty())
        more.emplace_back("Cache-Control", m_options.cache_control);
    if (is_sent_compressed(path, m_options))
        more.emplace_back("Content-Encoding", "gzip");
    auto ask = signed_request({"PUT", key, {}, std::move(more), hex_of(content->sha256_sent())});
    ask.content = content;
    return {std::move(ask), [this, key, content, done = std::move(done)](http::response const& answer) {
                if (!answer.ok())
                    fail("PUT", key, answer);
                check_stored(key, *content, answer);
                done();
            }};
}

http::exchange s3_bucket::remove(std::string const& path, std::function<void()> done) {
    auto const key = m_address.prefix() + path;
    return {signed_request({"DELETE", key, {}, {}, no_content}),
            [this, key, done = std::move(done)](http::response const& answer) {
                if (!answer.ok() && !is_no_such_key(answer))
                    fail("DELETE", key, answer);
                done();
            }};
}

s3_listing s3_bucket::page(std::string const& after, std::stop_token const& stop) {
    query parameters{{"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", std::to_string(most_listed)}};
    if (!m_address.prefix().empty())
        parameters.emplace_back("prefix", m_address.prefix());
    if (!after.empty())
        parameters.emplace_back("start-after", after);
    auto ask = signed_request({"GET", "", std::move(parameters), {}, no_content});
    ask.longest_answer = 16UL << 20U; // a thousand keys of 1,024 bytes, three times that when they are encoded
    auto const answer = send(ask, stop);
    if (!answer.ok())
        fail("GET", "", answer);
    auto listing = parse_s3_listing(answer.content);
    if (!listing)
        throw mirror_error{"answer", asked("GET", "") + ": the listing cannot be read",
                           "see whether `url` is that of an S3 store that can list with list-type=2"};
    return std::move(*listing);
}

// A store that repeats itself, or lists without order, would keep us for ever, or have us remove what is not too much.
void s3_bucket::list(std::function<void(s3_object const&)> const& each, std::stop_token const& stop) {
    auto const& prefix = m_address.prefix();
    std::string after;
    for (bool more = true; more;) {
        auto listing = page(after, stop);
        for (auto& object : listing.objects) {
            if (!object.key.starts_with(prefix) || (!after.empty() && object.key <= after))
                throw mirror_error{"answer", asked("GET", "") + ": the listing is not in the order of names",
                                   "only stores that list in the order of bytes can be compared"};
            after = object.key;
            object.key.erase(0, prefix.size());
            each(object);
        }
        more = listing.more;
        if (more && listing.objects.empty())
            throw mirror_error{"answer", asked("GET", "") + ": the listing does not end",
                               "see whether `url` is that of an S3 store that can list with list-type=2"};
    }
}

} // namespace notes_export::mirror
