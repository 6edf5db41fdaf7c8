#include "pg/result.hpp"

#include <charconv>
#include <stdexcept>

namespace notes_export::pg {

namespace {

std::int64_t parse(std::string_view text) {
    std::int64_t value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size())
        throw std::out_of_range{"not an integer in a query result: \"" + std::string{text.substr(0, 40)} + '"'};
    return value;
}

} // namespace

std::int64_t result::integer(int row, int col) const {
    return parse(cell(row, col).value_or(""));
}

std::size_t result::affected() const {
    std::string_view const count = PQcmdTuples(m_res.get());
    return count.empty() ? 0 : static_cast<std::size_t>(parse(count));
}

} // namespace notes_export::pg
