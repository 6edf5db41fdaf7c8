#pragma once

#include <stdexcept>
#include <string>

namespace notes_export::http {

enum class failure {
    unresolved,  ///< no such host, or the name server does not answer
    unreachable, ///< no connection
    tls,         ///< the certificate is not trusted, or no encrypted connection came about
    slow,        ///< no progress, or next to none, within the deadline
    broken,      ///< the connection ended before the answer did
    too_long,    ///< the answer is longer than was allowed
    refused      ///< what was asked for cannot be asked: a URL that is none
};

/// No whole answer came. The text says what was asked, without query, user and password, and why; one line.
class transport_error : public std::runtime_error {
public:
    transport_error(failure what, std::string const& text) : std::runtime_error{text}, m_what{what} {}

    failure what_failed() const noexcept { return m_what; }

private:
    failure m_what;
};

} // namespace notes_export::http
