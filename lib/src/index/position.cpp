#include "index/position.hpp"

#include "document/profile_members.hpp"

#include <charconv>
#include <cmath>

namespace notes_export {

namespace {

constexpr std::int64_t largest_exact = std::int64_t{1} << 53;

bool is_exact_integer(std::string_view text) {
    std::int64_t value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc{} && end == text.data() + text.size() && value >= -largest_exact && value <= largest_exact;
}

} // namespace

void index_position::add(dataset const& d, std::string_view text) {
    auto value = number_or_null(text);
    if (value && d.is_ascending(d.index_order[values.size()]))
        value = -*value;
    values.push_back(value);
}

bool index_position::operator<(index_position const& other) const {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i] != other.values[i])
            return values[i] > other.values[i]; // nothing is less than any value
    return id < other.id;
}

std::optional<double> number_or_null(std::string_view text) {
    double value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::optional<index_position> position_in_index(std::string_view entry, dataset const& d, std::int64_t id) {
    auto const order = profile_members(entry, d.index_order);
    if (!order)
        return std::nullopt;
    index_position position{{}, id};
    for (auto const& text : *order) {
        if (text != "null" && !is_exact_integer(text))
            return std::nullopt;
        position.add(d, text);
    }
    return position;
}

} // namespace notes_export
