#include "document/row_json.hpp"

#include "notes_export/error.hpp"

#include <utility>

namespace notes_export {

row_json::row_json(std::vector<selected_member> const& members) {
    for (auto const& m : members)
        add(m);
}

void row_json::add(selected_member const& m) {
    m_lead += m_members.empty() && m_lead.empty() ? '{' : ',';
    append_json_string(m_lead, m.name);
    m_lead += ':';
    if (m.what == selected_member::kind::constant) {
        m_lead += m.constant;
        return;
    }
    if (m.identity)
        m_identity = m_members.size();
    bool const ready = m.what == selected_member::kind::json;
    m_members.push_back({std::exchange(m_lead, {}), m.result_column, ready, json_form::verbatim});
}

void row_json::bind(pg::result const& rows) {
    for (auto& m : m_members) {
        auto const form = m.ready ? json_form::verbatim : json_form_of(rows.type(m.column));
        if (!form)
            throw database_error{"read rows: column " + std::string{rows.name(m.column)} +
                                     " got another type while it was read",
                                 "", false};
        m.form = *form;
    }
}

std::string_view row_json::append(std::string& out, pg::result const& rows, int row) const {
    std::size_t begin = 0;
    std::size_t end = 0;
    for (auto const& m : m_members) {
        out += m.lead;
        bool const is_identity = static_cast<std::size_t>(&m - m_members.data()) == m_identity;
        if (is_identity)
            begin = out.size();
        if (auto const printed = rows.cell(row, m.column))
            append_json_value(out, m.form, *printed);
        else
            out += "null";
        if (is_identity)
            end = out.size();
    }
    out += m_members.empty() && m_lead.empty() ? "{" : m_lead;
    out += '}';
    return std::string_view{out}.substr(begin, end - begin);
}

} // namespace notes_export
