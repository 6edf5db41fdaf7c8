#pragma once

#include <rapidjson/document.h>
#include <stdexcept>
#include <string>

namespace test {

/// Throws when it is no JSON.
inline rapidjson::Document parsed(std::string const& text) {
    rapidjson::Document d;
    d.Parse(text.c_str());
    if (d.HasParseError())
        throw std::runtime_error{"not JSON: " + text.substr(0, 200)};
    return d;
}

} // namespace test
