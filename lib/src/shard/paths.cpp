#include "shard/paths.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace notes_export::shard {

namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::string_view names_directory = "/names/";
constexpr std::string_view bigrams_directory = "/bigrams/";
constexpr std::string_view ending = ".json";

void append_hex(std::string& to, std::uint32_t number) {
    std::array<char, 8> text{};
    auto const [end, ec] = std::to_chars(text.data(), text.data() + text.size(), number, 16);
    to.append(text.data(), end);
}

/// As append_hex() writes it.
std::optional<std::uint32_t> hex_number(std::string_view text) {
    std::uint32_t number = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (ec != std::errc{} || end != text.data() + text.size() ||
        std::ranges::any_of(text, [](char c) { return digits.find(c) == std::string_view::npos; }))
        return std::nullopt;
    return number;
}

} // namespace

std::string paths::names(unsigned shard) const {
    std::string path = m_directory;
    (path += names_directory) += digits[shard >> 8 & 15];
    path += '/';
    path += digits[shard >> 4 & 15];
    path += digits[shard & 15];
    return path += ending;
}

std::string paths::of(bigram pair) const {
    std::string path = m_directory;
    (path += bigrams_directory) += digits[(pair.first + pair.second) & 15];
    path += '/';
    append_hex(path, pair.first);
    path += '-';
    append_hex(path, pair.second);
    return path += ending;
}

bool paths::contains(std::string_view path) const {
    if (m_directory.empty() || !path.starts_with(m_directory) || !path.ends_with(ending))
        return false;
    if (path == about() || path == top())
        return true;
    auto name = path.substr(path.rfind('/') + 1);
    name.remove_suffix(ending.size());
    auto const inside = path.substr(m_directory.size());
    if (inside.starts_with(names_directory)) {
        auto const rest = hex_number(name);
        auto const digit = hex_number(inside.substr(names_directory.size(), 1));
        return rest && digit && *rest < 256 && *digit < 16 && names(*digit << 8 | *rest) == path;
    }
    auto const dash = name.find('-');
    if (dash == std::string_view::npos)
        return false;
    auto const first = hex_number(name.substr(0, dash));
    auto const second = hex_number(name.substr(dash + 1));
    return first && second && *first <= 0x10FFFF && *second <= 0x10FFFF && of({*first, *second}) == path;
}

bool paths::may_hold(std::string_view directory) const {
    if (m_directory.empty())
        return false;
    bool const is_above =
        directory.empty() || (m_directory.starts_with(directory) &&
                              (m_directory.size() == directory.size() || m_directory[directory.size()] == '/'));
    if (is_above || directory == m_directory + "/names" || directory == m_directory + "/bigrams")
        return true;
    auto const all = directories();
    return std::ranges::find(all, directory) != all.end();
}

std::vector<std::string> paths::directories() const {
    std::vector<std::string> all{m_directory};
    for (auto const& inner : {names_directory, bigrams_directory})
        for (char const digit : digits)
            all.push_back(m_directory + std::string{inner} + digit);
    return all;
}

} // namespace notes_export::shard
