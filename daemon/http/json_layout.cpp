#include "http/json_layout.hpp"

#include "http/html_page.hpp"

#include <algorithm>

namespace exportd {

namespace {

constexpr std::size_t deepest_indent = 16;

std::string_view blanks = " \t\r\n";

/// Length of the string that begins here, quotes included.
std::size_t string_length(std::string_view text) {
    std::size_t i = 1;
    while (i < text.size() && text[i] != '"')
        i += text[i] == '\\' ? 2 : 1;
    return std::min(i + 1, text.size());
}

class layout {
public:
    explicit layout(std::size_t longest) : m_longest{longest} {}

    std::string of(std::string_view json) {
        while (!json.empty()) {
            if (m_html.size() > m_longest)
                return m_html + "\n\u2026";
            json.remove_prefix(take(json));
        }
        return m_html;
    }

private:
    /// Shows what the text begins with; its length.
    std::size_t take(std::string_view json) {
        char const c = json.front();
        switch (c) {
        case '"': {
            auto const length = string_length(json);
            m_html += html_text(json.substr(0, length), m_longest);
            return length;
        }
        case '{':
        case '[':
            return open(json);
        case '}':
        case ']':
            m_depth -= m_depth > 0 ? 1 : 0;
            new_line();
            m_html += c;
            return 1;
        case ',':
            m_html += c;
            new_line();
            return 1;
        case ':':
            m_html += ": ";
            return 1;
        default:
            if (blanks.find(c) == std::string_view::npos)
                m_html += html_text({&c, 1});
            return 1;
        }
    }

    std::size_t open(std::string_view json) {
        m_html += json.front();
        auto const next = std::min(json.find_first_not_of(blanks, 1), json.size());
        bool const empty = next < json.size() && json[next] == (json.front() == '{' ? '}' : ']');
        if (empty) {
            m_html += json[next];
            return next + 1;
        }
        ++m_depth;
        new_line();
        return 1;
    }

    void new_line() {
        m_html += '\n';
        m_html.append(2 * std::min(m_depth, deepest_indent), ' ');
    }

    std::size_t m_longest;
    std::size_t m_depth = 0;
    std::string m_html;
};

} // namespace

std::string json_as_html(std::string_view json, std::size_t longest) {
    return layout{longest}.of(json);
}

} // namespace exportd
