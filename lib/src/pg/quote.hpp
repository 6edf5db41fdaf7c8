#pragma once

#include "notes_export/session.hpp"

namespace notes_export::pg {

using notes_export::quote_identifier;
/// 'text' for the few places that take no parameter (SET).
std::string quote_literal(std::string_view text);

} // namespace notes_export::pg
