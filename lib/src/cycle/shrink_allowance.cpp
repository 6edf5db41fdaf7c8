#include "cycle/shrink_allowance.hpp"

#include <algorithm>
#include <charconv>

namespace notes_export {

namespace {

constexpr std::int64_t life = std::chrono::microseconds{shrink_allowance_life}.count();

template <class Number>
bool take(std::string_view& text, Number& number, char separator) {
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec != std::errc{})
        return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with(separator))
        return false;
    text.remove_prefix(1);
    return true;
}

bool is_unpublished(used_shrink_allowances const& used, std::uint64_t published, std::int64_t now) noexcept {
    return used.generation > published && is_in_force(used.when, now);
}

} // namespace

std::int64_t microseconds(std::chrono::system_clock::time_point t) noexcept {
    return std::chrono::duration_cast<std::chrono::microseconds>(t.time_since_epoch()).count();
}

std::string used_shrink_allowances::text() const {
    return std::to_string(used.by_file) + ' ' + std::to_string(used.in_database) + ' ' + std::to_string(generation) +
           ' ' + std::to_string(when) + '\n';
}

used_shrink_allowances used_shrink_allowances::parse(std::string_view text) {
    used_shrink_allowances u;
    bool const whole = take(text, u.used.by_file, ' ') && take(text, u.used.in_database, ' ') &&
                       take(text, u.generation, ' ') && take(text, u.when, '\n') && text.empty();
    return whole ? u : used_shrink_allowances{};
}

bool is_in_force(std::int64_t given, std::int64_t now) noexcept {
    return given > 0 && given > now - life && given < now + life;
}

bool is_shrink_allowed(shrink_allowances const& given, used_shrink_allowances const& used, std::uint64_t published,
                       std::int64_t now) noexcept {
    return shrink_allowed_until(given, used, published, now) > 0;
}

std::int64_t shrink_allowed_until(shrink_allowances const& given, used_shrink_allowances const& used,
                                  std::uint64_t published, std::int64_t now) noexcept {
    std::int64_t newest = 0;
    if (given.by_file > used.used.by_file && is_in_force(given.by_file, now))
        newest = given.by_file;
    if (given.in_database > used.used.in_database)
        newest = std::max(newest, given.in_database);
    if (is_unpublished(used, published, now))
        newest = std::max(newest, used.when);
    return newest > 0 ? newest + life : 0;
}

} // namespace notes_export
