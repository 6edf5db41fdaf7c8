#pragma once

#include "settings/config_file.hpp"
#include "settings/nearest_name.hpp"
#include "settings/section_texts.hpp"
#include "settings/values.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

/// One key of a section that makes a T: its row in the table from which reading, show-config and manual come.
template <class T>
struct section_key {
    std::string_view name;
    bool needed; ///< a section without it is a mistake, unless it changes something built in
    std::string_view help;
    std::function<void(T&, std::string_view text)> assign; ///< throws bad_value
    std::function<std::string(T const&)> show;             ///< as it is written in a file
};

/// What was said, into a value that has what else there is to it; what is wrong is added to the mistakes, at its place.
template <class T>
void read_entries(section_texts const& texts, std::span<section_key<T> const> keys, T& into,
                  std::vector<mistake>& mistakes) {
    for (auto const& entry : texts.entries) {
        if (texts.last(entry.key) != &entry)
            continue;
        auto const key = std::find_if(keys.begin(), keys.end(), [&](auto const& k) { return k.name == entry.key; });
        if (key == keys.end()) {
            std::vector<std::string_view> names;
            for (auto const& known : keys)
                names.push_back(known.name);
            mistakes.push_back({entry.where, entry.prefix + "unknown key" + suggestion(entry.key, names)});
            continue;
        }
        try {
            key->assign(into, entry.value);
        } catch (bad_value const& error) {
            mistakes.push_back({entry.where, entry.prefix + error.what()});
        }
    }
}

/// Keys that must be there and are not.
template <class T>
void require_keys(section_texts const& texts, std::string_view kind, std::span<section_key<T> const> keys,
                  std::vector<mistake>& mistakes) {
    for (auto const& key : keys)
        if (key.needed && texts.last(key.name) == nullptr)
            mistakes.push_back({texts.where, '[' + std::string{kind} + ' ' + texts.name + "] has no " +
                                                 std::string{key.name} + " (" + std::string{key.help} + ')'});
}

} // namespace exportd
