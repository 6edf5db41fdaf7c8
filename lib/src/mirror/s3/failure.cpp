#include "mirror/s3/failure.hpp"

#include "mirror/s3/answer.hpp"
#include "notes_export/utf8.hpp"
#include "schema/text.hpp"

#include <array>
#include <cstdlib>
#include <curl/curl.h>

namespace notes_export::mirror {

namespace {

struct known_code {
    char const* code;
    char const* kind;
    char const* meaning;
    char const* remedy;
};

constexpr char const* check_keys =
    "write the current keys to access_key_file and secret_key_file; the next step reads them";
constexpr char const* wait =
    "nothing to do: it is tried again, with growing pauses; fewer `connections` ask less at once";

constexpr std::array known_codes{
    known_code{"InvalidAccessKeyId", "credentials", "the store does not know the access key", check_keys},
    known_code{"SignatureDoesNotMatch", "credentials", "the secret key is not that of the access key", check_keys},
    known_code{"ExpiredToken", "credentials", "the credentials have expired", check_keys},
    known_code{"TokenRefreshRequired", "credentials", "the credentials have expired", check_keys},
    known_code{"InvalidToken", "credentials", "the session token is not valid", check_keys},
    known_code{"AccessDenied", "access_denied", "the credentials do not allow it",
               "the key needs the rights to list the bucket, and to get, put and delete objects below the prefix"},
    known_code{"AllAccessDisabled", "access_denied", "the bucket is closed", "ask the operator of the store"},
    known_code{"NoSuchBucket", "no_bucket", "there is no such bucket",
               "make the bucket, or correct `url` and `style`; everything is sent again then"},
    known_code{"QuotaExceeded", "quota", "the store is full, or the account's share of it",
               "remove what is not needed, or have the quota raised"},
    known_code{"EntityTooLarge", "quota", "the object is too large for the store",
               "lower index_max_size, or have the limit raised"},
    known_code{"SlowDown", "slow_down", "the store asks for fewer requests", wait},
    known_code{"TooManyRequests", "slow_down", "the store asks for fewer requests", wait},
    known_code{"InternalError", "server_error", "the store has a fault", wait},
    known_code{"ServiceUnavailable", "server_error", "the store has a fault", wait},
    known_code{"OperationAborted", "slow_down", "somebody else changes the same at this moment", wait},
    known_code{"RequestTimeout", "slow", "the store got nothing for too long", wait},
    known_code{"BadDigest", "damaged", "other bytes arrived than were sent",
               "it is tried again; look for a proxy in between"},
    known_code{"InvalidDigest", "damaged", "other bytes arrived than were sent",
               "it is tried again; look for a proxy in between"},
    known_code{"XAmzContentSHA256Mismatch", "damaged", "other bytes arrived than were sent",
               "it is tried again; look for a proxy in between"},
};

known_code const* find_code(std::string const& code) {
    for (auto const& k : known_codes)
        if (code == k.code)
            return &k;
    return nullptr;
}

void hide(std::string& text, std::string const& secret) {
    if (secret.empty())
        return;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
        text.replace(at, secret.size(), "***");
}

/// As a message may show it.
std::string said(std::string text, s3_credentials const& hidden) {
    constexpr std::size_t longest = 200;
    hide(text, hidden.secret_key);
    hide(text, hidden.session_token);
    hide(text, hidden.access_key);
    if (!is_utf8(text))
        return "(no UTF-8)";
    return printable(text, longest);
}

std::string what_it_says(s3_error_answer const& error, s3_credentials const& hidden) {
    if (error.code.empty())
        return "";
    auto text = "; it says " + said(error.code, hidden);
    if (!error.message.empty())
        text += ": " + said(error.message, hidden);
    return text;
}

mirror_error skewed(std::string const& asked, http::response const& answer, std::time_t now) {
    std::string const remedy = "set this machine's clock (timedatectl; systemd-timesyncd or chrony keep it right)";
    std::string text = asked + ": this machine's clock is wrong, by more than the store allows";
    auto const theirs = curl_getdate(std::string{answer.header("Date")}.c_str(), nullptr);
    if (theirs > 0) {
        auto const ahead = now - theirs;
        text +=
            ": it is " + std::to_string(std::abs(ahead)) + " s " + (ahead < 0 ? "behind" : "ahead of") + " the store's";
    }
    return {"clock", text, remedy};
}

bool is_moved(http::response const& answer, s3_error_answer const& error) {
    return answer.status == 301 || answer.status == 302 || answer.status == 307 || answer.status == 308 ||
           error.code == "PermanentRedirect" || error.code == "AuthorizationHeaderMalformed" ||
           error.code == "IllegalLocationConstraintException";
}

mirror_error moved(std::string const& asked, http::response const& answer, s3_error_answer const& error,
                   s3_credentials const& hidden) {
    std::string const header{answer.header("x-amz-bucket-region")};
    auto const region = said(header.empty() ? error.region : header, hidden);
    auto const endpoint = said(error.endpoint, hidden);
    std::string text = asked + ": the bucket is somewhere else";
    std::string remedy;
    if (!endpoint.empty()) {
        text += ", at " + endpoint;
        remedy = "url = https://" + endpoint + "/... ";
    }
    if (!region.empty()) {
        text += ", in region " + region;
        remedy += "region = " + region;
    }
    if (remedy.empty())
        remedy = "correct `url` and `region`; redirects are not followed, they would take the signature along";
    return {"moved", text, remedy};
}

char const* kind_of_status(int status) {
    if (status == 429)
        return "slow_down";
    if (status >= 500)
        return "server_error";
    if (status == 401)
        return "credentials";
    return status == 403 ? "access_denied" : "refused";
}

char const* remedy_of_status(int status) {
    if (status == 429 || status >= 500)
        return wait;
    if (status == 401 || status == 403)
        return check_keys;
    return "see whether `url` and `style` are those of an S3 store";
}

} // namespace

mirror_error s3_failure(std::string const& asked, http::response const& answer, s3_credentials const& hidden,
                        std::time_t now) {
    auto const error = parse_s3_error(answer.content).value_or(s3_error_answer{});
    if (error.code == "RequestTimeTooSkewed")
        return skewed(asked, answer, now);
    if (is_moved(answer, error))
        return moved(asked, answer, error, hidden);
    auto const status = "status " + std::to_string(answer.status);
    auto const says = what_it_says(error, hidden);
    if (auto const* const known = find_code(error.code))
        return {known->kind, asked + ": " + known->meaning + " (" + status + says + ')', known->remedy};
    return {kind_of_status(answer.status), asked + ": the store answers with " + status + says,
            remedy_of_status(answer.status)};
}

mirror_error s3_failure(http::transport_error const& error) {
    using http::failure;
    switch (error.what_failed()) {
    case failure::unresolved:
        return {"unreachable", error.what(),
                "correct the host in `url`, or see whether this machine's name server works"};
    case failure::unreachable:
        return {"unreachable", error.what(), "see whether the store runs, and whether a firewall is in between"};
    case failure::tls:
        return {"tls", error.what(),
                "the certificate must be signed by one that this machine trusts: ca_file, or update-ca-certificates"};
    case failure::slow:
        return {"slow", error.what(), "see to the network; it is tried again, with growing pauses"};
    case failure::broken:
        return {"truncated", error.what(), "see to the network and to proxies in between; it is tried again"};
    case failure::too_long:
        return {"answer", error.what(), "see whether `url` is that of an S3 store"};
    case failure::refused:
        break;
    }
    return {"configuration", error.what(), "url = https://host/bucket/prefix"};
}

bool is_no_such_key(http::response const& answer) {
    if (answer.status != 404)
        return false;
    auto const error = parse_s3_error(answer.content);
    return error && (error->code == "NoSuchKey" || error->code == "NotFound" || error->code == "404");
}

} // namespace notes_export::mirror
