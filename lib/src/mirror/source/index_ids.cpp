#include "mirror/source/index_ids.hpp"

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
        if (m_place == place::outside)
            take(c);
        else
            take_of_string(c);
    }
}

// Names are compared as they are written: ours have no escapes.
void index_ids::take_of_string(char c) {
    if (m_place == place::in_string && c == '"') {
        m_place = place::outside;
        return;
    }
    m_place = m_place == place::in_string && c == '\\' ? place::behind_backslash : place::in_string;
    if (m_next == meaning::name && in_entry() && m_text.size() <= m_column.size())
        m_text += c;
}

void index_ids::take(char c) {
    if (is_space(c))
        return;
    m_good = !m_ended && (m_levels.depth() > 0 || c == '[');
    if (c == '{' || c == '[')
        open(c == '{');
    else if (c == '}' || c == ']')
        close(c == '}');
    else if (c == ',')
        end_value();
    else if (c == ':') {
        m_next = in_entry() && m_text == m_column ? meaning::id : meaning::value;
        m_text.clear();
    } else if (c == '"') {
        m_place = place::in_string;
        m_good = m_good && m_levels.depth() > 1 && m_next != meaning::id;
    } else {
        bool const of_id = m_next == meaning::id;
        m_good = m_good && m_levels.depth() > 1 && !(of_id && m_text.size() > longest_number);
        if (of_id)
            m_text += c;
    }
}

void index_ids::open(bool object) {
    m_good = m_good && (m_levels.depth() == 1) <= object && m_next != meaning::id && m_levels.open(object);
    if (!m_good)
        return;
    m_next = object ? meaning::name : meaning::value;
    m_text.clear();
    if (in_entry())
        m_ids_of_entry = 0;
}

void index_ids::close(bool object) {
    end_value();
    m_good = m_good && (!in_entry() || m_ids_of_entry == 1) && m_levels.close(object);
    if (!m_good)
        return;
    m_next = meaning::value;
    m_ended = m_levels.depth() == 0;
}

void index_ids::end_value() {
    if (m_next == meaning::id) {
        std::int64_t id = 0;
        auto const* const end = m_text.data() + m_text.size();
        auto const [behind, error] = std::from_chars(m_text.data(), end, id);
        m_good = m_good && error == std::errc{} && behind == end && id > 0;
        m_ids.push_back(id);
        ++m_ids_of_entry;
    }
    m_next = m_levels.in_object() ? meaning::name : meaning::value;
    m_text.clear();
}

} // namespace notes_export::mirror
