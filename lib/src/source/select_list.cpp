#include "source/select_list.hpp"

#include "pg/quote.hpp"

namespace notes_export {

void select_list::add(std::string_view alias, column const& c, bool identity) {
    std::string const value = std::string{alias} + '.' + pg::quote_identifier(c.name);
    bool const ours = json_form_of(c.type).has_value();
    m_text += ours ? ", " + value : ", to_json(" + value + ")::text";
    m_members.push_back(
        {c.name, ours ? selected_member::kind::value : selected_member::kind::json, m_next++, "", identity});
    m_types += ' ' + c.exact_type;
}

void select_list::add_constant(std::string_view name, std::string_view json) {
    m_members.push_back({std::string{name}, selected_member::kind::constant, -1, std::string{json}, false});
}

} // namespace notes_export
