#include "source/select_list.hpp"

#include "pg/quote.hpp"

namespace notes_export {

void select_list::add(std::string_view alias, column const& c) {
    std::string const value = std::string{alias} + '.' + pg::quote_identifier(c.name);
    if (json_form_of(c.type)) {
        m_text += ", " + value;
        m_document.add_column(c.name, m_next++);
    } else {
        m_text += ", to_json(" + value + ")::text";
        m_document.add_ready_column(c.name, m_next++);
    }
    m_types += ' ' + c.exact_type;
}

} // namespace notes_export
