#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace exportd {

/**
 * The output of a program, line by line. What a program writes has no limit; what is kept of it has: the first bytes of
 * a line, and the first lines. The rest is counted.
 */
class output_lines {
public:
    static constexpr std::size_t longest = 2048; ///< more than a field of the log shows
    static constexpr std::size_t most = 200;

    explicit output_lines(std::function<void(std::string_view)> line) : m_on_line{std::move(line)} {}

    void add(std::string_view bytes) {
        for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
            keep(bytes.substr(0, end));
            finish();
            bytes.remove_prefix(end + 1);
        }
        keep(bytes);
    }

    /// A last line may lack its newline.
    void end() {
        if (!m_line.empty())
            finish();
    }

    /// The last line that was not blank, of those that were not kept as well.
    std::string const& last() const noexcept { return m_last; }

    std::size_t dropped() const noexcept { return m_lines > most ? m_lines - most : 0; }

private:
    void keep(std::string_view part) { m_line += part.substr(0, longest - m_line.size()); }

    void finish() {
        if (++m_lines <= most)
            m_on_line(m_line);
        if (m_line.find_first_not_of(" \t\r") != std::string::npos)
            m_last = m_line;
        m_line.clear();
    }

    std::function<void(std::string_view)> m_on_line;
    std::string m_line;
    std::string m_last;
    std::size_t m_lines = 0;
};

} // namespace exportd
