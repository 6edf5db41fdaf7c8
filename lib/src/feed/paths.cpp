#include "feed/paths.hpp"

#include <algorithm>

namespace notes_export::feed {

namespace {

constexpr std::string_view extension = ".json";
constexpr std::string_view private_top = ".exportd";
constexpr std::uint64_t part = 1000;

std::string three_digits(std::uint64_t number) {
    auto text = std::to_string(number);
    return text.size() < 3 ? std::string(3 - text.size(), '0') + text : text;
}

bool is_control(char c) noexcept {
    auto const code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7F;
}

bool is_fit_component(std::string_view name) noexcept {
    return !name.empty() && name != "." && name != "..";
}

} // namespace

std::string list_path(std::uint64_t generation) {
    return three_digits(generation / (part * part)) + '/' + three_digits(generation / part % part) + '/' +
           three_digits(generation % part) + std::string{extension};
}

std::optional<std::uint64_t> generation_at(std::string_view list) noexcept {
    constexpr std::size_t longest = 32;
    if (list.size() > longest || !list.ends_with(extension))
        return std::nullopt;
    std::uint64_t generation = 0;
    for (char const c : list.substr(0, list.size() - extension.size()))
        if (c >= '0' && c <= '9')
            generation = 10 * generation + static_cast<std::uint64_t>(c - '0');
        else if (c != '/')
            return std::nullopt;
    bool const canonical = generation > 0 && generation <= last_generation && list_path(generation) == list;
    return canonical ? std::optional{generation} : std::nullopt;
}

bool is_printable(std::string_view text) noexcept {
    return std::ranges::none_of(text, is_control);
}

bool is_fit(std::string_view path) noexcept {
    if (path.size() > longest_path || !is_printable(path))
        return false;
    if (path.substr(0, path.find('/')) == private_top)
        return false;
    for (;;) {
        auto const slash = path.find('/');
        if (!is_fit_component(path.substr(0, slash)))
            return false;
        if (slash == std::string_view::npos)
            return true;
        path.remove_prefix(slash + 1);
    }
}

} // namespace notes_export::feed
