#pragma once

#include "http/error.hpp"
#include "http/exchange.hpp"
#include "mirror/error.hpp"
#include "mirror/s3/options.hpp"

#include <ctime>
#include <string>

namespace notes_export::mirror {

/**
 * What an answer that is no success means, and what to do about it.
 *
 * `asked` is for the message: "PUT https://host/bucket/key". What the server says is shown on one line, cut, and
 * without anything of the credentials.
 */
mirror_error s3_failure(std::string const& asked, http::response const& answer, s3_credentials const& hidden,
                        std::time_t now);
/// The same for an answer that did not come.
mirror_error s3_failure(http::transport_error const& error);
/// Does the answer say that there is no such object, in a bucket that is there?
bool is_no_such_key(http::response const& answer);

} // namespace notes_export::mirror
