#pragma once

#include "notes_export/session.hpp"

#include <stop_token>

namespace notes_export::pg {

/**
 * Connects, and no more. libpq is not called while there is nothing to read or no room to write: it would take a
 * silence for an answer, and then wait for ever.
 *
 * Throws  database_error "connect (<purpose>): ..."; cancelled when `stop` is requested.
 */
session connect(session_request const& request, std::stop_token const& stop);

} // namespace notes_export::pg
