#include "settings/config_file.hpp"

#include "settings/read_file.hpp"
#include "settings/values.hpp"

#include <algorithm>
#include <utility>

namespace exportd {

namespace {

constexpr std::size_t max_file_size = std::size_t{1024} * 1024;

bool is_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

/// "[mirror github]" has two words; they come out with one blank between. "" when it is none of both.
std::string section_name(std::string_view text) {
    auto const first = text.substr(0, text.find_first_of(" \t"));
    auto const rest = trimmed(text.substr(first.size()));
    if (!is_name(first) || (!rest.empty() && !is_name(rest)))
        return "";
    return std::string{first} + (rest.empty() ? "" : " ") + std::string{rest};
}

class parser {
public:
    explicit parser(std::string const& name) : m_name{name} {}

    void line(std::string_view raw) {
        ++m_line;
        auto const text = trimmed(raw);
        if (text.empty() || text.front() == '#' || text.front() == ';')
            return;
        if (has_control_character(text))
            wrong("the line holds a control character");
        else if (text.front() == '[')
            section(text);
        else
            entry(text);
    }

    config_file take() && { return std::move(m_file); }

private:
    std::string where() const { return m_name + ":" + std::to_string(m_line); }
    void wrong(std::string what) { m_file.mistakes.push_back({where(), std::move(what)}); }

    void section(std::string_view text) {
        auto const name = section_name(trimmed(text.substr(1, text.size() - (text.back() == ']' ? 2 : 1))));
        if (text.back() != ']' || name.empty()) {
            // The keys below belong to nothing we know, so they are skipped, not blamed on the section above.
            m_state = state::malformed_section;
            wrong("malformed section (write [section] on a line of its own)");
            return;
        }
        m_state = state::in_section;
        m_section = name;
        m_file.sections.push_back({m_section, where()});
    }

    void entry(std::string_view text) {
        auto const equals = text.find('=');
        auto const key = trimmed(text.substr(0, equals));
        if (equals == std::string_view::npos)
            wrong("no '=' in the line (write key = value)");
        else if (!is_name(key))
            wrong("no key name before '=' (letters, digits and _)");
        else if (m_state == state::before_section)
            wrong("key " + std::string{key} + " stands before any [section]");
        else if (m_state == state::in_section)
            add(key, trimmed(text.substr(equals + 1)));
    }

    void add(std::string_view key, std::string_view value) {
        auto const same = std::find_if(m_file.entries.begin(), m_file.entries.end(),
                                       [&](config_entry const& e) { return e.section == m_section && e.key == key; });
        if (same != m_file.entries.end()) {
            wrong("[" + m_section + "] " + std::string{key} + ": already set at " + same->where);
            return;
        }
        m_file.entries.push_back({m_section, std::string{key}, std::string{value}, where()});
    }

    enum class state { before_section, in_section, malformed_section };

    std::string m_name;
    std::string m_section;
    state m_state = state::before_section;
    int m_line = 0;
    config_file m_file;
};

} // namespace

config_file parse_config(std::string_view text, std::string const& name) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    parser reader{name};
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        reader.line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(reader).take();
}

config_file read_config_file(std::filesystem::path const& path) {
    return parse_config(read_file(path, max_file_size), path.string());
}

} // namespace exportd
