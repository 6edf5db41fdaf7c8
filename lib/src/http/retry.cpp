#include "http/retry.hpp"

#include <algorithm>
#include <charconv>
#include <curl/curl.h>
#include <string>

namespace notes_export::http {

bool is_passing(int status) noexcept {
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

bool is_passing(failure what) noexcept {
    return what == failure::unresolved || what == failure::unreachable || what == failure::slow ||
           what == failure::broken;
}

std::optional<std::chrono::milliseconds> asked_pause(std::string_view header, std::time_t now) {
    constexpr std::size_t longest_date = 64;
    if (header.empty() || header.size() > longest_date)
        return std::nullopt;
    unsigned seconds = 0;
    auto const* const end = header.data() + header.size();
    if (auto const [stop, error] = std::from_chars(header.data(), end, seconds); error == std::errc{} && stop == end)
        return std::chrono::seconds{seconds};
    auto const date = curl_getdate(std::string{header}.c_str(), nullptr);
    if (date < 0)
        return std::nullopt;
    return std::chrono::seconds{std::max<std::time_t>(date - now, 0)};
}

std::chrono::milliseconds pause_before_next(patience const& limits, unsigned failed, double part,
                                            std::optional<std::chrono::milliseconds> asked) {
    constexpr unsigned most_doublings = 20;
    auto const doubled = limits.first_pause * (1LL << std::min(failed - 1, most_doublings));
    auto const longest = std::min<std::chrono::milliseconds>(doubled, limits.longest_pause);
    std::chrono::milliseconds const drawn{static_cast<std::int64_t>(static_cast<double>(longest.count()) * part)};
    return asked ? std::max(drawn, std::min(*asked, limits.longest_asked)) : drawn;
}

} // namespace notes_export::http
