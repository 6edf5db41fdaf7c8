#include "twin/plan.hpp"

#include <algorithm>

namespace notes_export {

std::string noted_twins(compressions all) {
    std::string text;
    for (auto const how : all_compressions)
        if (all.has(how))
            (text += name_of(how)) += '\n';
    return text;
}

compressions read_noted_twins(std::string_view text) noexcept {
    compressions all;
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        for (auto const how : all_compressions)
            if (line == name_of(how))
                all.add(how);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return all;
}

} // namespace notes_export
