#include "notes_export/utc_text.hpp"

#include <array>
#include <ctime>

namespace notes_export {

std::string utc_text(std::chrono::sys_seconds t) {
    auto const seconds = static_cast<std::time_t>(t.time_since_epoch().count());
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

} // namespace notes_export
