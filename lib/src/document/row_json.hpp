#pragma once

#include "document/json_value.hpp"
#include "pg/result.hpp"
#include "source/select_list.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/**
 * Turns rows of a query result into the text that row_to_json would give. The server has only to print the columns,
 * which costs it a third of that.
 *
 * The types are those of the result itself, whatever the catalog said a moment earlier.
 */
class row_json {
public:
    explicit row_json(std::vector<selected_member> const& members);

    /// Before the rows of a result. Throws database_error when a column has become one that we do not render.
    void bind(pg::result const& rows);
    /// Appends the document of one row. Gives its own id as it stands in it, "" when it has none; valid as long as
    /// `out` is not changed.
    std::string_view append(std::string& out, pg::result const& rows, int row) const;

private:
    struct member {
        std::string lead; ///< everything between the previous value and this one
        int column;
        bool ready;
        json_form form;
    };
    void add(selected_member const& m);

    std::vector<member> m_members;
    std::string m_lead;                                    ///< what was added after the last member
    std::size_t m_identity = static_cast<std::size_t>(-1); ///< number of the member that is the id
};

} // namespace notes_export
