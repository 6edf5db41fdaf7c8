#include "mirror/s3_address.hpp"

#include "http/percent_encoding.hpp"
#include "mirror/error.hpp"
#include "schema/text.hpp"

#include <algorithm>

namespace notes_export::mirror {

namespace {

[[noreturn]] void refuse(std::string const& what, std::string_view value, std::string const& remedy) {
    throw mirror_error{"configuration", what + ": " + printable(value, 200), remedy};
}

bool consists_of(std::string_view text, std::string_view others) {
    return !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

// Servers read such steps differently.
bool has_odd_step(std::string_view path) {
    return path.find("//") != std::string_view::npos || path.starts_with("./") || path.starts_with("../") ||
           path.find("/./") != std::string_view::npos || path.find("/../") != std::string_view::npos;
}

std::string_view without_usual_port(std::string_view scheme, std::string_view host) {
    std::string_view const port = scheme == "https" ? ":443" : ":80";
    return host.ends_with(port) ? host.substr(0, host.size() - port.size()) : host;
}

} // namespace

s3_address::s3_address(s3_options const& options) {
    std::string const remedy = "url = https://host/bucket/prefix";
    std::string_view rest = options.url;
    auto const scheme = rest.find("://");
    m_scheme = rest.substr(0, scheme);
    if (m_scheme != "https" && m_scheme != "http")
        refuse("the URL is neither https nor http", m_scheme.size() < 20 ? m_scheme : "", remedy);
    rest.remove_prefix(scheme + 3);
    auto const slash = std::min(rest.find('/'), rest.size());
    auto const host = without_usual_port(m_scheme, rest.substr(0, slash));
    // '@' is no character of a host: keys have files of their own, and a URL with one must not be shown.
    if (!consists_of(host, ".-:[]"))
        refuse("the URL has no host, or a user or password", "", remedy);
    auto path = rest.substr(std::min(slash + 1, rest.size()));
    if (path.find_first_of("?#%") != std::string_view::npos || has_odd_step(path))
        refuse("the URL of the bucket is not plain", path, remedy);
    m_bucket = path.substr(0, path.find('/'));
    if (!consists_of(m_bucket, ".-_"))
        refuse("the URL names no bucket", path, remedy);
    path.remove_prefix(std::min(m_bucket.size() + 1, path.size()));
    m_prefix = path;
    if (!m_prefix.empty() && !m_prefix.ends_with('/'))
        m_prefix += '/';
    bool const in_path = options.style == s3_style::path;
    m_host = in_path ? std::string{host} : m_bucket + '.' + std::string{host};
    m_bucket_path = in_path ? '/' + m_bucket : std::string{};
    if (!consists_of(options.region, "-_."))
        refuse("the region is no word", options.region, "region = us-east-1, or what the store calls its own");
}

std::string s3_address::path_of(std::string_view key) const {
    if (key.empty())
        return m_bucket_path.empty() ? "/" : m_bucket_path;
    return m_bucket_path + '/' + http::percent_encoded(key, true);
}

void check_s3_options(s3_options const& options) {
    s3_address const usable{options};
}

} // namespace notes_export::mirror
