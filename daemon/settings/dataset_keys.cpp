#include "settings/dataset_keys.hpp"

#include "settings/dataset_syntax.hpp"
#include "settings/words.hpp"

#include <vector>

namespace exportd {

namespace {

using notes_export::dataset;
using key = section_key<dataset>;

template <class Parser>
key text_row(std::string_view name, bool needed, std::string_view help, std::string dataset::*member, Parser parse) {
    return {name, needed, help, [member, parse](dataset& d, std::string_view text) { d.*member = parse(text); },
            [member](dataset const& d) { return d.*member; }};
}

void add_rows_of(std::vector<key>& to) {
    to.push_back(text_row("relation", true, "the table that has the rows", &dataset::table, parse_name));
    to.push_back(text_row("view", false, "a view over it that profiles are made from instead, when it is there",
                          &dataset::view, parse_optional_name));
    to.push_back(
        text_row("key", true, "its column that identifies a row, an integer", &dataset::key_column, parse_name));
    to.push_back(
        text_row("id", true, "its column that is published, an integer from 1", &dataset::id_column, parse_name));
    to.push_back(text_row("name", false, "its column that names it to people, in logs (else id)", &dataset::name_column,
                          parse_optional_name));
    to.push_back(text_row("singular", false, "what one of them is called in logs (else the section's name)",
                          &dataset::singular, parse_optional_name));
    to.push_back(text_row("dimension", false, "a table with the same key whose changes count as changes of the row",
                          &dataset::dimension, parse_optional_name));
    to.push_back(text_row("current", false, "its boolean column that tells which of several rows of an id is valid",
                          &dataset::current_column, parse_optional_name));
    to.push_back({"join", false, "further columns, from small tables of names",
                  [](dataset& d, std::string_view text) { d.lookups = parse_joins(text); },
                  [](dataset const& d) { return joins_text(d.lookups); }});
    to.push_back({"omit", false, "columns that are not published",
                  [](dataset& d, std::string_view text) { d.omitted = parse_names(text); },
                  [](dataset const& d) { return names_text(d.omitted); }});
}

void add_files_of(std::vector<key>& to) {
    to.push_back({"path", true, "of profiles: hashtags/{id}.json or hashtags/{shard}/{id}.json",
                  [](dataset& d, std::string_view text) { d.path = parse_template(text); },
                  [](dataset const& d) { return template_text(d.path); }});
    to.push_back(text_row("schema", false, "their JSON Schema in [export] schema_dir (empty: not checked)",
                          &dataset::profile_schema, parse_schema));
    to.push_back(text_row("index", false, "path of the list of all of them (empty: none)", &dataset::index_path,
                          parse_optional_place));
    to.push_back({"index_columns", false, "columns of the list, the id among them (else id and name)",
                  [](dataset& d, std::string_view text) { d.index_columns = parse_names(text); },
                  [](dataset const& d) { return d.has_entries() ? names_text(d.index_columns) : ""; }});
    to.push_back({"index_order", false, "a DESC, b ASC; NULL comes last (else by id)",
                  [](dataset& d, std::string_view text) {
                      auto found = parse_order(text);
                      d.index_order = std::move(found.columns);
                      d.index_ascending = std::move(found.ascending);
                  },
                  [](dataset const& d) { return order_text(d); }});
    to.push_back(text_row("index_schema", false, "JSON Schema of the list (empty: not checked)", &dataset::index_schema,
                          parse_schema));
}

void add_shards(std::vector<key>& to) {
    to.push_back({"shards", false, "true: small files beside the list, for finding one by name",
                  [](dataset& d, std::string_view text) { d.shards.make = boolean_word()(text); },
                  [](dataset const& d) { return std::string{d.shards.make ? "true" : "false"}; }});
    to.push_back({"top", false, "entries in their top.json, 1 to 100000",
                  [](dataset& d, std::string_view text) {
                      d.shards.top = static_cast<std::size_t>(integer_between(1, 100'000)(text));
                  },
                  [](dataset const& d) { return std::to_string(d.shards.top); }});
}

// Those of users and countries have a place also without an index as a whole.
std::string place_of_shards(dataset const& d) {
    constexpr std::string_view ending = ".json";
    bool const beside = d.index_path.size() > ending.size() && d.index_path.ends_with(ending);
    return beside          ? d.index_path.substr(0, d.index_path.size() - ending.size())
           : d.has_index() ? ""
                           : d.shards.directory;
}

} // namespace

std::span<section_key<dataset> const> dataset_keys() {
    static std::vector<key> const table = [] {
        std::vector<key> all;
        add_rows_of(all);
        add_files_of(all);
        add_shards(all);
        return all;
    }();
    return table;
}

void complete(dataset& d) {
    if (d.name_column.empty())
        d.name_column = d.id_column;
    if (d.singular.empty())
        d.singular = d.name;
    d.shards.directory = place_of_shards(d);
    if (!d.has_entries()) {
        d.index_columns = {d.id_column};
        d.index_order.clear();
    } else if (d.index_columns.empty()) {
        d.index_columns = {d.id_column};
        if (d.name_column != d.id_column)
            d.index_columns.push_back(d.name_column);
    }
    if (d.index_order == std::vector{d.id_column} && d.is_ascending(d.id_column))
        d.index_order.clear(); // which is the order of ties as well
    if (d.index_order.empty())
        d.index_ascending.clear();
}

} // namespace exportd
