#include "mirror/s3/address.hpp"

#include "http/percent_encoding.hpp"
#include "mirror/error.hpp"
#include "notes_export/s3_names.hpp"

#include <algorithm>

namespace notes_export::mirror {

namespace {

void require(std::string_view what, std::string const& why_not) {
    if (!why_not.empty())
        throw mirror_error{"configuration", std::string{what} + " cannot be used: " + why_not, ""};
}

std::string_view without_usual_port(std::string_view scheme, std::string_view host) {
    std::string_view const port = scheme == "https" ? ":443" : ":80";
    return host.ends_with(port) ? host.substr(0, host.size() - port.size()) : host;
}

} // namespace

s3_address::s3_address(s3_options const& options) {
    require("url", unusable_s3_url(options.url));
    require("region", unusable_s3_region(options.region));
    std::string_view rest = options.url;
    auto const scheme = rest.find("://");
    m_scheme = rest.substr(0, scheme);
    rest.remove_prefix(scheme + 3);
    auto const slash = rest.find('/');
    auto const host = without_usual_port(m_scheme, rest.substr(0, slash));
    auto path = rest.substr(slash + 1);
    m_bucket = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(m_bucket.size() + 1, path.size()));
    m_prefix = path;
    if (!m_prefix.empty() && !m_prefix.ends_with('/'))
        m_prefix += '/';
    bool const in_path = options.style == s3_style::path;
    m_host = in_path ? std::string{host} : m_bucket + '.' + std::string{host};
    m_bucket_path = in_path ? '/' + m_bucket : std::string{};
}

std::string s3_address::path_of(std::string_view key) const {
    if (key.empty())
        return m_bucket_path.empty() ? "/" : m_bucket_path;
    return m_bucket_path + '/' + http::percent_encoded(key, true);
}

} // namespace notes_export::mirror
