#pragma once

#include "document/row_json.hpp"

#include <string>
#include <string_view>

namespace notes_export {

/// A column as the catalog has it.
struct column {
    std::string name;
    type_oid type = 0;
    std::string exact_type; ///< type, length and precision, as numbers
};

/// The columns that a query reads for its documents, and how its rows become these documents.
class select_list {
public:
    /// `first` is the number of columns that stand before ours.
    explicit select_list(int first) : m_next{first} {}

    /// Column `c` of the relation called `alias`. What we do not render arrives as JSON from the server.
    void add(std::string_view alias, column const& c);
    /// The same for the column that is the document's id.
    void add_identity(std::string_view alias, column const& c) {
        m_document.expect_identity();
        add(alias, c);
    }
    void add_constant(std::string_view key, std::string_view json) { m_document.add_constant(key, json); }

    /// ", v.a, v.b": it always follows other columns.
    std::string const& text() const noexcept { return m_text; }
    /// An SQL comment that differs when the exact types do: a prepared statement does not outlive a change of its
    /// result's types, so another statement has to be prepared.
    std::string types() const { return " /*" + m_types + " */"; }
    row_json const& document() const noexcept { return m_document; }

private:
    int m_next;
    std::string m_text;
    std::string m_types;
    row_json m_document;
};

} // namespace notes_export
