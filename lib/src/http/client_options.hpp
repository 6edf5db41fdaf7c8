#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace notes_export::http {

/// How often and how long something is tried.
struct patience {
    std::chrono::milliseconds connect{10'000};        ///< name, connection and TLS together
    std::chrono::milliseconds no_progress{60'000};    ///< so long without least_progress
    unsigned attempts = 5;                            ///< of one request, the first included
    std::chrono::milliseconds first_pause{500};       ///< at most, before the second attempt; doubles with each
    std::chrono::milliseconds longest_pause{30'000};  ///< at most, before any attempt
    std::chrono::milliseconds longest_asked{120'000}; ///< a longer Retry-After is cut to this
    /// Bytes, sent and received. Who sends one now and then would be waited for as long as he likes. It is what a modem
    /// passes in a few seconds.
    std::uint64_t least_progress = 6'000;
};

struct client_options {
    unsigned connections = 8; ///< open at once, and requests on their way
    patience limits;
    /// PEM file with the certificates to trust. Empty: OpenSSL's own ones, which SSL_CERT_FILE and SSL_CERT_DIR
    /// replace.
    std::filesystem::path ca_file;
};

} // namespace notes_export::http
