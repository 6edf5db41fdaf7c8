#include "http/exchange.hpp"

#include <algorithm>
#include <cctype>

namespace notes_export::http {

namespace {

bool equal_names(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b,
                              [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

} // namespace

std::string_view response::header(std::string_view name) const noexcept {
    for (auto const& [n, value] : headers)
        if (equal_names(n, name))
            return value;
    return {};
}

} // namespace notes_export::http
