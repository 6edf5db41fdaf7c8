#include "listen/deafness.hpp"

#include <array>

namespace exportd {

deafness too_late(deafness::cause why, std::string_view what, std::chrono::milliseconds within) {
    auto const seconds = std::chrono::ceil<std::chrono::seconds>(within).count();
    return {why, std::string{what} + " within " + std::to_string(seconds) + " s"};
}

std::string_view to_string(deafness::cause c) noexcept {
    constexpr std::array<std::string_view, 4> names{"connection", "standby", "pooler", "heartbeat"};
    return names[static_cast<std::size_t>(c)];
}

} // namespace exportd
