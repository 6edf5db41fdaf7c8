#include "mirror/index_ids.hpp"

#include <charconv>

namespace notes_export::mirror {

namespace {

bool is_space(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

} // namespace

void index_ids::add(std::string_view piece) {
    for (char const c : piece) {
        if (!m_good)
            return;
        if (m_in_string)
            take_of_string(c);
        else
            take(c);
    }
}

// Names are compared as they are written: ours have no escapes.
void index_ids::take_of_string(char c) {
    if (!m_escaped && c == '"') {
        m_in_string = false;
        return;
    }
    m_escaped = !m_escaped && c == '\\';
    if (m_name && in_entry() && m_text.size() <= m_column.size())
        m_text += c;
}

void index_ids::take(char c) {
    if (is_space(c))
        return;
    m_good = !m_ended && (m_depth > 0 || c == '[');
    if (c == '{' || c == '[')
        open(c == '{');
    else if (c == '}' || c == ']')
        close(c == '}');
    else if (c == ',')
        end_value();
    else if (c == ':') {
        m_number = in_entry() && m_text == m_column;
        m_name = false;
        m_text.clear();
    } else if (c == '"') {
        m_in_string = true;
        m_good = m_good && m_depth > 1 && !m_number;
    } else {
        m_good = m_good && m_depth > 1 && !(m_number && m_text.size() > longest_number);
        if (m_number)
            m_text += c;
    }
}

void index_ids::open(bool object) {
    m_good = m_good && m_depth < deepest && (m_depth == 1) <= object && !m_number;
    if (!m_good)
        return;
    m_objects[m_depth++] = object;
    m_name = object;
    m_text.clear();
    if (in_entry())
        m_ids_of_entry = 0;
}

void index_ids::close(bool object) {
    end_value();
    m_good = m_good && m_depth > 0 && m_objects[m_depth - 1] == object && (!in_entry() || m_ids_of_entry == 1);
    if (!m_good)
        return;
    --m_depth;
    m_name = false;
    m_ended = m_depth == 0;
}

void index_ids::end_value() {
    m_name = m_depth > 0 && m_objects[m_depth - 1];
    if (m_number) {
        std::int64_t id = 0;
        auto const* const end = m_text.data() + m_text.size();
        auto const [behind, error] = std::from_chars(m_text.data(), end, id);
        m_good = m_good && error == std::errc{} && behind == end && id > 0;
        m_ids.push_back(id);
        ++m_ids_of_entry;
        m_number = false;
    }
    m_text.clear();
}

} // namespace notes_export::mirror
