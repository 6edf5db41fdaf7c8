#pragma once

#include <string>
#include <string_view>

namespace exportd {

/**
 * A JSON text on several indented lines, as HTML text. Every character of its values stays as it is written, numbers
 * too; only blanks between them change. A text that is not JSON comes out as something, and harmless.
 *
 * Gives at most about `longest` bytes, then an ellipsis.
 */
std::string json_as_html(std::string_view json, std::size_t longest);

} // namespace exportd
