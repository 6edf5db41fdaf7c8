#include "source/watching.hpp"

#include "pg/quote.hpp"

#include <algorithm>
#include <optional>

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

/// What install.sql watches of this table by itself.
std::optional<dataset> known_to_install_sql(dataset const& d) {
    auto const known = standard_datasets();
    auto const found = std::ranges::find(known, d.table, &dataset::table);
    return found == known.end() ? std::nullopt : std::optional{*found};
}

std::string watch_call(std::string const& schema, dataset const& d, std::vector<dataset> const& all) {
    auto call = "SELECT " + pg::quote_identifier(schema) + ".json_export_watch(" +
                quoted_list({d.table, d.key_column, d.id_column});
    if (dataset_of(d.table, all) != d.name)
        call += ", dataset => " + pg::quote_literal(d.name);
    if (!d.dimension.empty())
        call += ", dimension => " + pg::quote_literal(d.dimension);
    if (auto const reads = further_relations(d); !reads.empty())
        call += ", reads => ARRAY[" + quoted_list(reads) + ']';
    return call + ')';
}

} // namespace

std::string const& dataset_of(std::string const& named, std::vector<dataset> const& all) {
    if (std::ranges::find(all, named, &dataset::name) == all.end())
        if (auto const by_table = std::ranges::find(all, named, &dataset::table); by_table != all.end())
            return by_table->name;
    return named;
}

std::string how_to_watch(std::string const& schema, dataset const& d, std::vector<dataset> const& all) {
    if (known_to_install_sql(d))
        return "run install.sql";
    return "run install.sql, then as the owner of the tables: " + watch_call(schema, d, all);
}

std::string how_to_watch_anew(std::string const& schema, dataset const& d, std::vector<dataset> const& all) {
    if (auto const known = known_to_install_sql(d))
        return "let the section be [dataset " + known->name + "] with key = " + known->key_column +
               " and id = " + known->id_column + ", as install.sql watches it";
    return "as the owner of the tables: SELECT " + pg::quote_identifier(schema) + ".json_export_unwatch(" +
           pg::quote_literal(d.table) + "); " + watch_call(schema, d, all);
}

} // namespace notes_export
