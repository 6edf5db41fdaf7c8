#include "notes_export/host_name.hpp"

#include <array>
#include <unistd.h>

namespace notes_export {

std::string host_name() {
    std::array<char, 256> name{};
    bool const known = ::gethostname(name.data(), name.size() - 1) == 0 && name.front() != '\0';
    return known ? name.data() : "unknown";
}

} // namespace notes_export
