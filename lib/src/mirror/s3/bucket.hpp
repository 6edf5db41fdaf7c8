#pragma once

#include "http/client.hpp"
#include "mirror/s3/address.hpp"
#include "mirror/s3/answer.hpp"
#include "mirror/s3/object_content.hpp"
#include "mirror/s3/options.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace notes_export::mirror {

/**
 * The objects below the prefix of a bucket, by their path there: requests of S3's API, signed.
 *
 * Throws  mirror_error, of which each kind of failure has its own (see s3_failure.hpp); cancelled.
 * Thread  one.
 */
class s3_bucket {
public:
    explicit s3_bucket(s3_options options);

    s3_options const& options() const noexcept { return m_options; }
    std::string shown() const { return m_address.shown(); }
    /// Reads the credentials anew. To be called before anything else.
    void renew_credentials();

    /// nullopt: there is no such object. A bucket that is not there is an error.
    std::optional<http::response> get(std::string const& path, std::stop_token const& stop);

    /// More headers than those that each object has: x-amz-meta-...
    using headers = http::header_list;
    /// A request for run(). `done` is called when the store has it, and has said so with the right MD5.
    http::exchange put(std::string const& path, std::shared_ptr<object_content const> const& content,
                       std::function<void()> done, headers more = {});
    /// It may be gone already.
    http::exchange remove(std::string const& path, std::function<void()> done);
    void run(std::function<http::offer()> const& next, std::stop_token const& stop);
    void run_one(http::exchange one, std::stop_token const& stop);

    /// All objects, in the order of their names (bytes). `key` is the path below the prefix.
    void list(std::function<void(s3_object const& object)> const& each, std::stop_token const& stop);

    /// True when an object was stored whose ETag is no MD5, as stores say that encrypt with keys of a key service.
    bool etags_are_unusual() const noexcept { return m_unusual_etags; }

private:
    using query = std::vector<std::pair<std::string, std::string>>;
    struct wanted {
        std::string method;
        std::string path;
        query parameters;
        headers more;
        std::string content_sha256;
    };
    http::request signed_request(wanted w) const;
    http::header_list signed_headers(wanted const& w) const;
    http::response send(http::request const& ask, std::stop_token const& stop);
    [[noreturn]] void fail(std::string const& method, std::string const& path, http::response const& answer) const;
    std::string asked(std::string const& method, std::string const& path) const;
    void check_stored(std::string const& path, object_content const& content, http::response const& answer);
    s3_listing page(std::string const& after, std::stop_token const& stop);

    s3_options m_options;
    s3_address m_address;
    http::client m_client;
    s3_credentials m_credentials;
    bool m_unusual_etags = false;
};

/// The MD5 that an ETag is; nullopt for others, such as those of uploads in parts.
std::optional<md5_digest> md5_of(std::string_view etag);

} // namespace notes_export::mirror
