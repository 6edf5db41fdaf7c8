#include "schema/pattern.hpp"

#include <re2/re2.h>
#include <stdexcept>

namespace notes_export {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Copies an ECMA-262 pattern for RE2 and stops at everything the two read differently.
class translator {
public:
    explicit translator(std::string_view source) : m_source{source} {}

    std::string run() {
        while (m_at < m_source.size()) {
            if (m_source[m_at] == '\\')
                escape();
            else if (m_in_class)
                inside_class();
            else
                outside_class();
        }
        return std::move(m_out);
    }

private:
    char peek(std::size_t ahead) const { return m_at + ahead < m_source.size() ? m_source[m_at + ahead] : '\0'; }

    void copy(std::size_t count) {
        m_out += m_source.substr(m_at, count);
        m_at += count;
    }

    void escape() {
        char const c = peek(1);
        if (c == 'x' && is_hex(peek(2)) && is_hex(peek(3)))
            return copy(4);
        // \s is left out too: RE2 means ASCII by it, ECMA-262 every Unicode space.
        std::string_view const same = m_in_class ? "dDwWtnrfv" : "dDwWbBtnrfv";
        if ((is_letter(c) || is_digit(c)) && same.find(c) == std::string_view::npos)
            throw std::invalid_argument{std::string{"the escape \\"} + c + " is not supported here"};
        copy(2);
    }

    void inside_class() {
        if (peek(0) == '[' && peek(1) == ':')
            throw std::invalid_argument{"named classes such as [:alpha:] are not supported"};
        if (peek(0) == ']')
            m_in_class = false;
        copy(1);
    }

    void outside_class() {
        switch (peek(0)) {
        case '[':
            return begin_class();
        case '(':
            if (peek(1) == '?' && peek(2) != ':')
                throw std::invalid_argument{"of the groups that begin with (? only (?: is supported"};
            return copy(1);
        case '{':
            return quantifier();
        case '.': // ECMA-262 knows four line ends, RE2 one
            m_out += "[^\\n\\r\\x{2028}\\x{2029}]";
            ++m_at;
            return;
        default:
            return copy(1);
        }
    }

    void begin_class() {
        std::size_t const first = peek(1) == '^' ? 2 : 1;
        if (peek(first) == ']')
            throw std::invalid_argument{"an empty character class is not supported"};
        m_in_class = true;
        copy(first);
    }

    void quantifier() {
        std::size_t n = 1;
        while (is_digit(peek(n)))
            ++n;
        bool const counted = n > 1;
        if (peek(n) == ',')
            for (++n; is_digit(peek(n));)
                ++n;
        if (!counted || peek(n) != '}')
            throw std::invalid_argument{"{ must begin a repetition such as {2} or {2,5}; write \\{ for the character"};
        copy(n + 1);
    }

    std::string_view m_source;
    std::size_t m_at = 0;
    bool m_in_class = false;
    std::string m_out;
};

std::unique_ptr<re2::RE2> compile(std::string_view ecma) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto regex = std::make_unique<re2::RE2>(translator{ecma}.run(), options);
    if (!regex->ok())
        throw std::invalid_argument{regex->error()};
    return regex;
}

} // namespace

schema_pattern::schema_pattern(std::string_view ecma) : m_regex{compile(ecma)} {}
schema_pattern::~schema_pattern() = default;
schema_pattern::schema_pattern(schema_pattern&&) noexcept = default;
schema_pattern& schema_pattern::operator=(schema_pattern&&) noexcept = default;

bool schema_pattern::matches(std::string_view text) const {
    return re2::RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *m_regex);
}

std::optional<std::string> schema_pattern::example() const {
    // The least text of the range of matches is itself a match for most patterns that begin with ^, or nearly one.
    constexpr int longest = 4096;
    std::string least, greatest;
    if (!m_regex->PossibleMatchRange(&least, &greatest, longest))
        least.clear();
    if (matches(least))
        return least;
    for (char c = ' '; c <= '~'; ++c)
        if (matches(least + c))
            return least + c;
    return std::nullopt;
}

} // namespace notes_export
