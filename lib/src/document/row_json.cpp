#include "document/row_json.hpp"

#include "notes_export/error.hpp"

#include <utility>

namespace notes_export {

void row_json::begin_member(std::string_view key) {
    m_lead += m_members.empty() && m_lead.empty() ? '{' : ',';
    append_json_string(m_lead, key);
    m_lead += ':';
}

void row_json::add(std::string_view key, int result_column, bool ready) {
    begin_member(key);
    m_members.push_back({std::exchange(m_lead, {}), result_column, ready, json_form::verbatim});
}

void row_json::add_column(std::string_view key, int result_column) {
    add(key, result_column, false);
}

void row_json::add_ready_column(std::string_view key, int result_column) {
    add(key, result_column, true);
}

void row_json::add_constant(std::string_view key, std::string_view json) {
    begin_member(key);
    m_lead += json;
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
