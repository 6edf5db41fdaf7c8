#include "pg/result.hpp"

#include "notes_export/error.hpp"

#include <charconv>

namespace notes_export::pg {

namespace {

constexpr std::size_t enough_to_see = 40; // bytes

std::optional<std::int64_t> parse(std::string_view text) {
    std::int64_t value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

} // namespace

std::int64_t result::integer(int row, int col) const {
    auto const text = cell(row, col);
    if (auto const value = parse(text.value_or("")))
        return *value;
    throw database_error{"read column \"" + std::string{name(col)} + "\" of an answer: " +
                             (text ? '"' + std::string{text->substr(0, enough_to_see)} + '"' : "NULL") +
                             " is no integer of 64 bits",
                         "", false};
}

std::size_t result::affected() const {
    std::string_view const count = PQcmdTuples(m_res.get());
    return static_cast<std::size_t>(parse(count).value_or(0));
}

} // namespace notes_export::pg
