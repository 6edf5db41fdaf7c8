#include "mirror/s3/sigv4.hpp"

#include "files/hex.hpp"
#include "files/sha256.hpp"
#include "http/percent_encoding.hpp"
#include "mirror/s3/digest.hpp"

#include <algorithm>

namespace notes_export::mirror {

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

std::string lower_case(std::string text) {
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::string with_single_spaces(std::string_view value) {
    std::string text;
    for (char const c : value)
        if (c != ' ' || (!text.empty() && text.back() != ' '))
            text += c;
    if (text.ends_with(' '))
        text.pop_back();
    return text;
}

pairs canonical_headers(pairs const& headers) {
    pairs all;
    for (auto const& [name, value] : headers)
        all.emplace_back(lower_case(name), with_single_spaces(value));
    std::ranges::stable_sort(all, {}, &pairs::value_type::first);
    return all;
}

std::string signed_names(pairs const& headers) {
    std::string names;
    for (auto const& header : headers)
        names += (names.empty() ? "" : ";") + header.first;
    return names;
}

std::string as_key(sha256_digest const& digest) {
    return {digest.begin(), digest.end()};
}

} // namespace

std::string canonical_query(pairs const& query) {
    pairs encoded;
    for (auto const& [name, value] : query)
        encoded.emplace_back(http::percent_encoded(name), http::percent_encoded(value));
    std::ranges::sort(encoded);
    std::string text;
    for (auto const& [name, value] : encoded)
        text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
    return text;
}

std::string authorization(unsigned_request const& request, signing_key const& key, std::string_view time) {
    auto const headers = canonical_headers(request.headers);
    auto const names = signed_names(headers);
    std::string canonical = request.method + '\n' + request.path + '\n' + canonical_query(request.query) + '\n';
    for (auto const& [name, value] : headers)
        canonical.append(name).append(":").append(value).append("\n");
    canonical.append("\n").append(names).append("\n").append(request.content_sha256);

    std::string const day{time.substr(0, 8)};
    auto const scope = day + '/' + key.region + '/' + key.service + "/aws4_request";
    auto const to_sign = "AWS4-HMAC-SHA256\n" + std::string{time} + '\n' + scope + '\n' + hex_of(sha256_of(canonical));
    auto secret = as_key(hmac_sha256("AWS4" + key.secret_key, day));
    for (auto const& part : {key.region, key.service, std::string{"aws4_request"}})
        secret = as_key(hmac_sha256(secret, part));
    return "AWS4-HMAC-SHA256 Credential=" + key.access_key + '/' + scope + ", SignedHeaders=" + names +
           ", Signature=" + hex_of(hmac_sha256(secret, to_sign));
}

} // namespace notes_export::mirror
