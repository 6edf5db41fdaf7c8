#include "source/fingerprint.hpp"

#include <algorithm>
#include <vector>

namespace notes_export {

namespace {

// Names of relations and labels of enums can hold anything.
void append_escaped(std::string& line, std::string_view text) {
    for (char const c : text) {
        if (c == '\\' || c == '\t' || c == '\n')
            line += '\\';
        line += c == '\t' ? 't' : c == '\n' ? 'n' : c;
    }
}

std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const escape = text[i] == '\\' && i + 1 < text.size();
        char const c = escape ? text[++i] : text[i];
        plain += escape && c == 't' ? '\t' : escape && c == 'n' ? '\n' : c;
    }
    return plain;
}

} // namespace

std::string fingerprint::difference_to(fingerprint const& before) const {
    std::vector<std::string> changed;
    for (auto const& [what, value] : m_facts)
        if (auto const old = before.m_facts.find(what); old == before.m_facts.end() || old->second != value)
            changed.push_back(what);
    for (auto const& [what, value] : before.m_facts)
        if (!m_facts.contains(what))
            changed.push_back(what);
    if (changed.empty())
        return "";
    auto const first = *std::ranges::min_element(changed);
    return first + (changed.size() > 1 ? " (and " + std::to_string(changed.size() - 1) + " more)" : "");
}

std::string fingerprint::text() const {
    std::string lines;
    for (auto const& [what, value] : m_facts) {
        append_escaped(lines, what);
        lines += '\t';
        append_escaped(lines, value);
        lines += '\n';
    }
    return lines;
}

fingerprint fingerprint::parse(std::string_view text) {
    fingerprint found;
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        auto const tab = std::min(line.find('\t'), line.size());
        found.add(unescaped(line.substr(0, tab)), unescaped(line.substr(std::min(tab + 1, line.size()))));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return found;
}

} // namespace notes_export
