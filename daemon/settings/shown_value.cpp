#include "settings/shown_value.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace exportd {

std::string shown(unsigned file_mode) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "0%03o", file_mode);
    return text.data();
}

std::string shown(notes_export::compressions all) {
    if (all.none())
        return "off";
    std::string text;
    for (auto const& [how, word] :
         {std::pair{notes_export::compression::gzip, "gzip"}, std::pair{notes_export::compression::brotli, "br"}})
        if (all.has(how))
            text += (text.empty() ? "" : ", ") + std::string{word};
    return text;
}

std::string shown(notes_export::validation_mode mode) {
    switch (mode) {
    case notes_export::validation_mode::quarantine:
        return "quarantine";
    case notes_export::validation_mode::strict:
        return "strict";
    case notes_export::validation_mode::off:
        break;
    }
    return "off";
}

std::string shown(logging::level level) {
    constexpr std::array words{"trace", "debug", "info", "warning", "error"};
    return words.at(static_cast<std::size_t>(level));
}

std::string shown(logging::format format) {
    return format == logging::format::json ? "json" : "text";
}

} // namespace exportd
