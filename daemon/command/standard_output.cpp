#include "command/standard_output.hpp"

#include <cerrno>
#include <iostream>
#include <string_view>
#include <unistd.h>

namespace exportd {

namespace {

constexpr std::size_t most_waiting = 16'384;

int write_all(std::string_view text) {
    while (!text.empty()) {
        auto const n = ::write(STDOUT_FILENO, text.data(), text.size());
        if (n < 0 && errno != EINTR)
            return errno;
        text.remove_prefix(n < 0 ? 0 : static_cast<std::size_t>(n));
    }
    return 0;
}

} // namespace

standard_output::standard_output() : m_before{std::cout.rdbuf(this)}, m_terminal{::isatty(STDOUT_FILENO) == 1} {}

standard_output::~standard_output() {
    std::cout.rdbuf(m_before);
}

int standard_output::finish() {
    sync();
    return m_error;
}

int standard_output::sync() {
    if (m_error == 0)
        m_error = write_all(m_waiting);
    m_waiting.clear();
    return m_error == 0 ? 0 : -1;
}

std::streamsize standard_output::xsputn(char const* text, std::streamsize size) {
    std::string_view const piece{text, static_cast<std::size_t>(size)};
    m_waiting += piece;
    bool const full = m_waiting.size() >= most_waiting || (m_terminal && piece.find('\n') != std::string_view::npos);
    if (full)
        sync();
    return m_error == 0 ? size : 0;
}

standard_output::int_type standard_output::overflow(int_type c) {
    if (traits_type::eq_int_type(c, traits_type::eof()))
        return traits_type::not_eof(c);
    char const one = traits_type::to_char_type(c);
    return xsputn(&one, 1) == 1 ? c : traits_type::eof();
}

} // namespace exportd
