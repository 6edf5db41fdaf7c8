#pragma once

#include "mirror/s3/options.hpp"

#include <string>
#include <string_view>

namespace notes_export::mirror {

/// Where the objects are. Made from the options once; throws mirror_error "configuration" when they cannot be used.
class s3_address {
public:
    explicit s3_address(s3_options const& options);

    std::string const& host() const noexcept {
        return m_host;
    } ///< as the header says it, with a port that is not usual
    std::string const& bucket() const noexcept { return m_bucket; } ///< its name
    std::string const& prefix() const noexcept { return m_prefix; } ///< of all keys: "" or with '/' at its end
    /// Percent-encoded path of a key; of the bucket itself for "".
    std::string path_of(std::string_view key) const;
    std::string url_of(std::string_view path) const { return m_scheme + "://" + m_host + std::string{path}; }
    /// For messages.
    std::string shown() const { return url_of(path_of(m_prefix)); }

private:
    std::string m_scheme;
    std::string m_host;
    std::string m_bucket;
    std::string m_bucket_path; ///< "/bucket", or "" when the host names it
    std::string m_prefix;
};

} // namespace notes_export::mirror
