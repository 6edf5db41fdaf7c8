#include "settings/nearest_name.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace exportd {

std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1); // the distances of from's beginning to each beginning of to
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        auto diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            auto const replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

std::optional<std::string_view> nearest_name(std::string_view word, std::span<std::string_view const> names) {
    if (word.size() > 100) { // no name is that long
        return std::nullopt;
    }
    std::optional<std::string_view> best;
    auto best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (auto const name : names) {
        if (auto const distance = edit_distance(word, name); distance < best_distance) {
            best = name;
            best_distance = distance;
        }
    }
    return best;
}

std::string suggestion(std::string_view word, std::span<std::string_view const> names) {
    auto const best = nearest_name(word, names);
    return best ? "; did you mean \"" + std::string{*best} + "\"?" : "";
}

} // namespace exportd
