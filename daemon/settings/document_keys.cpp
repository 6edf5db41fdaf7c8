#include "settings/document_keys.hpp"

#include "settings/dataset_syntax.hpp"
#include "settings/words.hpp"

#include <charconv>
#include <vector>

namespace exportd {

namespace {

using notes_export::document;
using key = section_key<document>;

void assign_key(document& d, std::string_view text) {
    auto const equals = text.rfind('=');
    auto const digits = trimmed(text.substr(equals == std::string_view::npos ? text.size() : equals + 1));
    auto const* const end = digits.data() + digits.size();
    std::int64_t value = 0;
    auto const [at, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc{} || at != end)
        throw bad_value{in_quotes(text) + " does not name a row (write COLUMN = NUMBER)"};
    d.key_column = parse_name(trimmed(text.substr(0, equals)));
    d.key = value;
}

} // namespace

std::span<section_key<document> const> document_keys() {
    static std::vector<key> const table{
        {"relation", true, "the table or view that has the row",
         [](document& d, std::string_view text) { d.table = parse_name(text); },
         [](document const& d) { return d.table; }},
        {"key", true, "which row: COLUMN = NUMBER", assign_key,
         [](document const& d) { return d.key_column + " = " + std::to_string(d.key); }},
        {"columns", false, "of the row (empty: all)",
         [](document& d, std::string_view text) { d.columns = parse_names(text); },
         [](document const& d) { return names_text(d.columns); }},
        {"path", true, "of the file", [](document& d, std::string_view text) { d.path = parse_place(text); },
         [](document const& d) { return d.path; }},
        {"schema", false, "its JSON Schema in [export] schema_dir (empty: not checked)",
         [](document& d, std::string_view text) { d.schema = parse_schema(text); },
         [](document const& d) { return d.schema; }},
        {"schema_optional", false, "true: it is not checked when there is no such schema",
         [](document& d, std::string_view text) { d.schema_optional = boolean_word()(text); },
         [](document const& d) { return std::string{d.schema_optional ? "true" : "false"}; }},
        {"needed", false, "columns without whose value its readers cannot use it: status says so",
         [](document& d, std::string_view text) { d.needed = parse_names(text); },
         [](document const& d) { return names_text(d.needed); }},
    };
    return table;
}

} // namespace exportd
