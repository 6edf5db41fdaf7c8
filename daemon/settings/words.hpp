#pragma once

#include "settings/values.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exportd {

template <class T>
using choices = std::vector<std::pair<std::string_view, T>>;

/// One of some words, in upper or lower case. `expected` lists them for the message, without the aliases.
template <class T>
value_parser<T> one_of(std::string_view expected, choices<T> words) {
    return [expected, words = std::move(words)](std::string_view text) {
        auto const same_letter = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
        for (auto const& [word, value] : words) {
            if (std::equal(text.begin(), text.end(), word.begin(), word.end(), same_letter))
                return value;
        }
        throw bad_value{in_quotes(text) + " is not one of " + std::string{expected}};
    };
}

inline value_parser<bool> boolean_word() {
    return one_of<bool>("true, false",
                        {{"true", true}, {"yes", true}, {"on", true}, {"false", false}, {"no", false}, {"off", false}});
}

} // namespace exportd
