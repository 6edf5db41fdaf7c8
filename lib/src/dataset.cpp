#include "notes_export/dataset.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace notes_export {

namespace {

dataset users() {
    return {.name = "users",
            .singular = "user",
            .table = "datamartusers",
            .view = "datamartusers_export",
            .dimension = "dimension_users",
            .current_column = "is_current",
            .key_column = "dimension_user_id",
            .id_column = "user_id",
            .name_column = "username",
            .lookups = {{.table = "contributor_types",
                         .local_column = "id_contributor_type",
                         .key_column = "contributor_type_id",
                         .columns = {"contributor_type_name", "contributor_type_name_en"}}},
            .path = "users/{h1}/{h2}/{h3}/{id}.json",
            .index_path = "indexes/users.json",
            .index_columns = {"user_id", "username", "history_whole_open", "history_whole_closed"},
            .index_order = {"history_whole_open", "history_whole_closed"},
            .profile_schema = "user-profile.schema.json",
            .index_schema = "user-index.schema.json",
            .shards = {.directory = "indexes/users"},
            .shows_flag = true}; // its readers have always seen it
}

dataset countries() {
    return {.name = "countries",
            .singular = "country",
            .table = "datamartcountries",
            .view = "",
            .dimension = "dimension_countries",
            .current_column = "",
            .key_column = "dimension_country_id",
            .id_column = "country_id",
            .name_column = "country_name_en",
            .lookups = {},
            .path = "countries/{id}.json",
            .index_path = "indexes/countries.json",
            .index_columns = {"country_id", "country_name", "country_name_es", "country_name_en",
                              "date_starting_creating_notes", "history_whole_open", "history_whole_closed",
                              "history_whole_commented", "history_year_open", "history_year_closed",
                              "history_year_commented", "avg_days_to_resolution", "resolution_rate",
                              "notes_resolved_count", "notes_still_open_count", "notes_health_score",
                              "new_vs_resolved_ratio", "notes_created_last_30_days", "notes_resolved_last_30_days"},
            .index_order = {"history_whole_open", "history_whole_closed"},
            .profile_schema = "country-profile.schema.json",
            .index_schema = "country-index.schema.json",
            .shards = {.directory = "indexes/countries"},
            .shows_flag = true};
}

document global_stats() {
    return {.path = "global_stats.json",
            .table = "datamartglobal",
            .key_column = "dimension_global_id",
            .key = 1,
            .columns = {},
            .schema = "global-stats.schema.json",
            .schema_optional = false,
            .needed = {"avg_days_to_resolution", "resolution_rate"},
            .name = "global_stats"};
}

document global_stats_summary() {
    return {.path = "global_stats_summary.json",
            .table = "datamartglobal",
            .key_column = "dimension_global_id",
            .key = 1,
            .columns = {"currently_open_count", "currently_closed_count", "history_whole_open", "history_whole_closed",
                        "history_whole_reopened", "history_year_open", "history_year_closed", "history_year_reopened",
                        "avg_days_to_resolution", "median_days_to_resolution", "avg_days_to_resolution_current_year",
                        "median_days_to_resolution_current_year", "resolution_rate", "notes_created_last_30_days",
                        "notes_resolved_last_30_days", "notes_backlog_size", "active_users_count"},
            .schema = "global-stats-summary.schema.json",
            .schema_optional = true, // the public schema sets have none for it
            .needed = {},
            .name = "global_stats_summary"};
}

constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_digit_directory(std::string_view part) {
    return part == "{h1}" || part == "{h2}" || part == "{h3}";
}

std::string refuse_directory(std::string_view part, bool first) {
    if (part.empty() || part == "." || part == "..")
        return "it leaves the tree, or has an empty part";
    if (is_digit_directory(part))
        return first ? "it has no fixed first directory" : "";
    return part.find_first_of("{}") == std::string_view::npos ? ""
                                                              : "of braces there are {id} and the directories alone";
}

} // namespace

bool dataset::is_ascending(std::string_view column) const {
    return std::ranges::find(index_ascending, column) != index_ascending.end();
}

std::vector<dataset> standard_datasets() {
    return {users(), countries()};
}

std::vector<document> standard_documents() {
    return {global_stats(), global_stats_summary()};
}

entity_path::entity_path(std::string_view path_template)
    : m_template{path_template},
      m_top{path_template.substr(0, path_template.find('/'))},
      m_depth{static_cast<int>(std::ranges::count(path_template, '/')) - 1} {
    for (auto at = m_template.find("{h"); at != std::string::npos; at = m_template.find("{h", at + 1))
        m_shifts.push_back(4 * ('3' - m_template[at + 2]));
    if (m_template.find("}/{id}") != std::string::npos) // the last directory is a digit
        m_branch_shift = 4;
}

std::string entity_path::refuse(std::string_view path_template) {
    auto const last = path_template.rfind('/');
    if (last == std::string_view::npos)
        return "it has no directory";
    auto const name = path_template.substr(last + 1);
    constexpr std::string_view id = "{id}";
    auto const extension = name.substr(std::min(id.size(), name.size()));
    if (!name.starts_with(id) || extension.size() < 2 || extension.front() != '.' ||
        extension.substr(1).find_first_of(".{}") != std::string_view::npos)
        return "its last part is not {id} and an extension";
    bool first = true;
    for (auto rest = path_template.substr(0, last + 1); !rest.empty();
         rest.remove_prefix(rest.find('/') + 1), first = false)
        if (auto reason = refuse_directory(rest.substr(0, rest.find('/')), first); !reason.empty())
            return reason;
    return "";
}

std::string entity_path::of(std::int64_t id) const {
    std::array<char, 20> digits{};
    auto const [end, ec] = std::to_chars(digits.data(), digits.data() + digits.size(), id);
    std::string path;
    path.reserve(m_template.size() + digits.size());
    for (std::size_t i = 0; i < m_template.size();) {
        if (m_template[i] != '{') {
            path += m_template[i++];
        } else if (m_template[i + 1] == 'i') {
            path.append(digits.data(), end);
            i += 4; // {id}
        } else {
            int const shift = 4 * ('3' - m_template[i + 2]);
            path += hex_digits[static_cast<std::size_t>((id >> shift) & 0xF)];
            i += 4; // {h1}
        }
    }
    return path;
}

std::optional<std::int64_t> entity_path::id_at(std::string_view path) const {
    auto const stem_begin = path.rfind('/') + 1;
    auto const stem = path.substr(stem_begin, path.rfind('.') - stem_begin);
    std::int64_t id = 0;
    auto const [end, ec] = std::from_chars(stem.data(), stem.data() + stem.size(), id);
    if (ec != std::errc{} || end != stem.data() + stem.size() || id < 1 || of(id) != path)
        return std::nullopt;
    return id;
}

std::int64_t entity_path::directory_number(std::int64_t id) const noexcept {
    std::int64_t number = 0;
    for (int const shift : m_shifts)
        number = number << 4 | (id >> shift & 0xF);
    return number;
}

std::string entity_path::branch_of(std::int64_t id) const {
    auto path = of(id);
    for (int levels = m_depth == 0 ? 1 : 2; levels > 0; --levels)
        path.resize(path.rfind('/'));
    return path;
}

bool entity_path::may_hold(std::string_view directory) const {
    std::string_view rest = m_template;
    for (std::string_view left = directory; !left.empty();) {
        auto const name = left.substr(0, left.find('/'));
        auto const wanted = rest.substr(0, rest.find('/'));
        bool const digit = name.size() == 1 && hex_digits.find(name) != std::string_view::npos;
        if (wanted.size() == rest.size() || (wanted.starts_with("{h") ? !digit : wanted != name))
            return false;
        left.remove_prefix(std::min(name.size() + 1, left.size()));
        rest.remove_prefix(wanted.size() + 1);
    }
    return true;
}

} // namespace notes_export
