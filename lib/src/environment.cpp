#include "notes_export/environment.hpp"

#include <algorithm>
#include <unistd.h>

namespace notes_export {

std::vector<std::string> environment_with(std::map<std::string, std::string> const& variables,
                                          std::span<std::string_view const> without) {
    std::vector<std::string> all;
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        std::string const name{*entry, std::string_view{*entry}.find('=')};
        if (!variables.contains(name) && std::ranges::find(without, name) == without.end())
            all.emplace_back(*entry);
    }
    for (auto const& [name, value] : variables)
        all.push_back(name + '=' + value);
    return all;
}

std::vector<char*> null_terminated(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& text : texts)
        all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

} // namespace notes_export
