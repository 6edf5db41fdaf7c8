#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fuzz {

/// What a fuzzer made up, taken from front to back. At its end there are only zeros and empty texts.
class input {
public:
    input(std::uint8_t const* data, std::size_t size) : m_rest{reinterpret_cast<char const*>(data), size} {}

    bool empty() const noexcept { return m_rest.empty(); }
    std::string_view rest() const noexcept { return m_rest; }

    std::uint8_t byte() {
        if (m_rest.empty())
            return 0;
        auto const first = static_cast<std::uint8_t>(m_rest.front());
        m_rest.remove_prefix(1);
        return first;
    }

    /// Up to the next `end`, which is taken too.
    std::string_view text_before(char end) {
        auto const length = m_rest.find(end);
        auto const text = m_rest.substr(0, length);
        m_rest.remove_prefix(length == std::string_view::npos ? m_rest.size() : length + 1);
        return text;
    }

private:
    std::string_view m_rest;
};

} // namespace fuzz
