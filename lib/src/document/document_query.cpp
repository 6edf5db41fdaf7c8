#include "document/document_query.hpp"

#include "notes_export/error.hpp"

#include <algorithm>
#include <set>

namespace notes_export {

namespace {

void add_column(select_list& list, std::string_view alias, dataset const& d, column const& c) {
    if (c.name == d.id_column)
        list.add_identity(alias, c);
    else
        list.add(alias, c);
}

bool is_omitted(dataset const& d, std::string const& column) {
    return (column == dataset::flag_column && !d.shows_flag) || std::ranges::find(d.omitted, column) != d.omitted.end();
}

// What is not to be published must not be because its name is misspelt.
void require_omitted(dataset const& d, std::vector<column> const& there) {
    for (auto const& name : d.omitted)
        if (std::ranges::find(there, name, &column::name) == there.end())
            throw database_error{"read columns: \"" + name + "\", which profiles of " + d.name +
                                     " are not to have ([dataset " + d.name +
                                     "] omit), is no column that they could have",
                                 "42703", false};
}

// Readers of JSON take either of two members with one name.
void require_one_of_each(dataset const& d, catalog const& columns) {
    if (auto const name = repeated_member(d, columns); !name.empty())
        throw database_error{"read columns: profiles of " + d.name + " would have two members \"" + name +
                                 "\" ([dataset " + d.name + "] omit can name that of the table, and join another one)",
                             "42701", false};
}

} // namespace

std::string repeated_member(dataset const& d, catalog const& columns) {
    std::set<std::string> names;
    for (auto const& c : columns.columns(columns.source(d)))
        if (!is_omitted(d, c.name))
            names.insert(c.name);
    for (auto const& l : d.lookups)
        for (auto const& name : l.columns)
            if (!names.insert(name).second)
                return name;
    return "";
}

document with_columns(document d, std::vector<dataset> const& all, catalog const& columns) {
    if (d.columns.empty() && std::ranges::find(all, d.table, &dataset::table) != all.end())
        for (auto const& c : columns.columns(d.table))
            if (c.name != dataset::flag_column)
                d.columns.push_back(c.name);
    return d;
}

document_query profile_query(sql const& statements, dataset const& d, catalog const& columns) {
    auto const& from = columns.source(d);
    require_omitted(d, columns.columns(from));
    require_one_of_each(d, columns);
    select_list list{3};
    for (auto const& c : columns.columns(from))
        if (is_omitted(d, c.name))
            continue;
        else if (c.name == dataset::flag_column) // as it was when the row was selected
            list.add_constant(c.name, "false");
        else
            add_column(list, "v", d, c);
    for (std::size_t i = 0; i < d.lookups.size(); ++i)
        for (auto const& name : d.lookups[i].columns)
            list.add(sql::lookup_alias(i), columns.find(d.lookups[i].table, name));
    return {statements.profiles(d, from, list), row_json{list.members()}};
}

document_query index_query(sql const& statements, dataset const& d, catalog const& columns, bool with_order) {
    select_list list{2 + (with_order ? static_cast<int>(d.index_order.size()) : 0)};
    for (auto const& name : d.index_columns)
        add_column(list, "i", d, columns.find(d.table, name));
    return {statements.index_entries(d, list, with_order), row_json{list.members()}};
}

document_query index_query_of_ids(sql const& statements, dataset const& d, catalog const& columns) {
    select_list list{2};
    for (auto const& name : d.index_columns)
        add_column(list, "i", d, columns.find(d.table, name));
    return {statements.index_entries_of_ids(d, list), row_json{list.members()}};
}

} // namespace notes_export
