#pragma once

#include "log/config.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

namespace exportd::logging {

/// A named value of a record. A view: lives as long as what it was made from, which is enough for one log() call.
class field {
public:
    using value_type = std::variant<std::string_view, std::int64_t, double, bool>;

    field(std::string_view name, std::string_view value) : m_name{name}, m_value{value} {}
    field(std::string_view name, char const* value) : field{name, std::string_view{value ? value : ""}} {}
    field(std::string_view name, bool value) : m_name{name}, m_value{value} {}
    field(std::string_view name, std::floating_point auto value) : m_name{name}, m_value{static_cast<double>(value)} {}
    field(std::string_view name, std::integral auto value) : m_name{name}, m_value{clamped(value)} {}

    std::string_view name() const noexcept { return m_name; }
    value_type const& value() const noexcept { return m_value; }

private:
    static std::int64_t clamped(std::integral auto value) noexcept {
        return std::in_range<std::int64_t>(value) ? static_cast<std::int64_t>(value)
                                                  : std::numeric_limits<std::int64_t>::max();
    }

    std::string_view m_name;
    value_type m_value;
};

/// What one log() call says. A view, like its fields.
struct record {
    std::chrono::system_clock::time_point time;
    level severity;
    std::string_view event;
    std::string_view message;
    std::span<field const> fields;
    std::uint64_t lost_before = 0; ///< records dropped just before this one; shown when not 0
};

} // namespace exportd::logging
