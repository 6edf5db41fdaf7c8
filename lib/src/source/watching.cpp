#include "source/watching.hpp"

#include "pg/quote.hpp"

#include <algorithm>

namespace notes_export {

namespace {

std::string quoted_list(std::vector<std::string> const& names) {
    std::string text;
    for (auto const& name : names)
        text += (text.empty() ? "" : ", ") + pg::quote_literal(name);
    return text;
}

/// Views and small tables that profiles are made from as well.
std::vector<std::string> further_relations(dataset const& d) {
    std::vector<std::string> names;
    if (!d.view.empty())
        names.push_back(d.view);
    for (auto const& l : d.lookups)
        if (std::ranges::find(names, l.table) == names.end())
            names.push_back(l.table);
    return names;
}

} // namespace

std::string how_to_watch(std::string const& schema, dataset const& d) {
    auto const known = standard_datasets();
    if (std::ranges::find(known, d.table, &dataset::table) != known.end())
        return "run install.sql";
    auto call = "SELECT " + pg::quote_identifier(schema) + ".json_export_watch(" +
                quoted_list({d.table, d.key_column, d.id_column});
    if (!d.dimension.empty())
        call += ", dimension => " + pg::quote_literal(d.dimension);
    if (auto const reads = further_relations(d); !reads.empty())
        call += ", reads => ARRAY[" + quoted_list(reads) + ']';
    return "run install.sql, then as the owner of the tables: " + call + ')';
}

} // namespace notes_export
