#pragma once

#include "source/column_type.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// A column as the catalog has it.
struct column {
    std::string name;
    type_oid type = 0;
    std::string exact_type; ///< type, length and precision, as numbers
};

/// One member of the documents that a query reads.
struct selected_member {
    enum class kind {
        value,   ///< a column of the result, as PostgreSQL prints it
        json,    ///< a column of the result, which holds JSON text
        constant ///< the same JSON text in every row
    };
    std::string name;
    kind what;
    int result_column;    ///< -1 for a constant
    std::string constant; ///< JSON
    bool identity;        ///< it is the document's own id
};

/// The columns that a query reads for its documents, and what they become in these.
class select_list {
public:
    /// `first` is the number of columns that stand before ours.
    explicit select_list(int first) : m_next{first} {}

    /// Column `c` of the relation called `alias`. What we do not render arrives as JSON from the server.
    void add(std::string_view alias, column const& c) { add(alias, c, false); }
    /// The same for the column that is the document's id.
    void add_identity(std::string_view alias, column const& c) { add(alias, c, true); }
    void add_constant(std::string_view name, std::string_view json);

    /// ", v.a, v.b": it always follows other columns.
    std::string const& text() const noexcept { return m_text; }
    /// An SQL comment that differs when the exact types do: a prepared statement does not outlive a change of its
    /// result's types, so another statement has to be prepared.
    std::string types() const { return " /*" + m_types + " */"; }
    std::vector<selected_member> const& members() const noexcept { return m_members; }

private:
    void add(std::string_view alias, column const& c, bool identity);

    int m_next;
    std::string m_text;
    std::string m_types;
    std::vector<selected_member> m_members;
};

} // namespace notes_export
