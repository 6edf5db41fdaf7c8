#pragma once

#include <exception>
#include <string>

namespace test {

/// What an action throws, "" when nothing.
template <class Action>
std::string thrown_message(Action const& action) {
    try {
        action();
    } catch (std::exception const& e) {
        return e.what();
    }
    return "";
}

inline bool contains(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

} // namespace test
