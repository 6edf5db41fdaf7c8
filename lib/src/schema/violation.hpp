#pragma once

#include <string>

namespace notes_export {

/// Why a document was refused: where in the document, by which keyword of the schema.
struct violation {
    std::string pointer; ///< JSON pointer into the document, "" is its root
    std::string keyword; ///< schema keyword ("minimum"), or "json", "duplicate-key", "too-deep", "too-long"
    std::string detail;  ///< for people: one line, control characters escaped, cut to a reasonable length
};

} // namespace notes_export
