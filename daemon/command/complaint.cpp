#include "command/complaint.hpp"

#include "log/safe_text.hpp"

#include <iostream>

namespace exportd {

exit_code complain(exit_code code, std::string_view text) {
    std::cerr << "osm-notes-exportd: " << logging::printable(text) << '\n';
    return code;
}

} // namespace exportd
