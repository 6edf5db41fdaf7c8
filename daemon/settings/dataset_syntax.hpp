#pragma once

#include <notes_export/dataset.hpp>

#include <string>
#include <string_view>
#include <vector>

/// Texts of [dataset NAME] and [document NAME] to values and back. Throws bad_value.
namespace exportd {

/// A name of the database, as it is: neither quoted nor folded.
std::string parse_name(std::string_view text);
std::string parse_optional_name(std::string_view text);

/// `a, b, c`; empty: none. No name twice.
std::vector<std::string> parse_names(std::string_view text);
std::string names_text(std::vector<std::string> const& names);

/// `a DESC, b ASC`; without a word it rises, as in SQL.
struct order {
    std::vector<std::string> columns;
    std::vector<std::string> ascending; ///< some of them
};
order parse_order(std::string_view text);
std::string order_text(notes_export::dataset const& d);

/// `table on column = key_column : name, name`, several of them with `;` between.
std::vector<notes_export::lookup> parse_joins(std::string_view text);
std::string joins_text(std::vector<notes_export::lookup> const& joins);

/// `hashtags/{shard}/{id}.json`; {shard} stands for three directories, see notes_export::entity_path.
std::string parse_template(std::string_view text);
std::string template_text(std::string path_template);

/// Of paths in the tree, as they are written here.
bool is_below(std::string_view path, std::string_view directory);
/// Throws when files of the program have that name in the output directory.
void refuse_reserved(std::string_view path);

/// A file of the tree: relative, and none that is ours or the web server's business.
std::string parse_place(std::string_view text);
/// The same; empty stays empty.
std::string parse_optional_place(std::string_view text);

/// A file below schema_dir, or none.
std::string parse_schema(std::string_view text);

} // namespace exportd
