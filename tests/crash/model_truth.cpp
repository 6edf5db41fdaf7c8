#include "crash/model_truth.hpp"

#include <stdexcept>

namespace model {

namespace {

// The flag always reads false in a file.
std::string document(std::string const& row) {
    return "regexp_replace(row_to_json(" + row + ")::text, '\"json_exported\":(true|null)', '\"json_exported\":false')";
}

std::string users(std::string const& source) {
    return "SELECT id || ' ' || text FROM (SELECT d.user_id AS id, " + document("d") +
           " AS text, rank() OVER (PARTITION BY d.user_id ORDER BY (x.is_current IS TRUE) DESC,"
           " d.dimension_user_id DESC) AS place FROM (SELECT v.*, c.contributor_type_name, c.contributor_type_name_en"
           " FROM " +
           source +
           " v LEFT JOIN dwh.contributor_types c ON c.contributor_type_id = v.id_contributor_type) d"
           " LEFT JOIN dwh.dimension_users x ON x.dimension_user_id = d.dimension_user_id"
           " WHERE d.user_id >= 1 AND d.dimension_user_id IS NOT NULL) r WHERE place = 1";
}

std::string countries() {
    return "SELECT id || ' ' || text FROM (SELECT d.country_id AS id, " + document("d") +
           " AS text, rank() OVER (PARTITION BY d.country_id ORDER BY d.dimension_country_id DESC) AS place"
           " FROM dwh.datamartcountries d WHERE d.country_id >= 1 AND d.dimension_country_id IS NOT NULL) r"
           " WHERE place = 1";
}

void take(session& s, std::string const& dataset, std::string const& sql, possible_profiles& found) {
    for (auto const& line : s.values(sql)) {
        auto const blank = line.find(' ');
        found[profile_path(dataset, std::stoll(line.substr(0, blank)))].insert(line.substr(blank + 1) + '\n');
    }
    if (!s.error().empty())
        throw std::runtime_error{sql + ": " + s.error()};
}

} // namespace

possible_profiles possible(session& s) {
    possible_profiles found;
    auto const view = s.value("SELECT relkind FROM pg_class WHERE oid = to_regclass('dwh.datamartusers_export')");
    take(s, "countries", countries(), found);
    if (view != "m") // it tells of another time
        take(s, "users", users(view ? "dwh.datamartusers_export" : "dwh.datamartusers"), found);
    return found;
}

std::vector<std::string> untruths(test::tree_contents const& fresh, possible_profiles const& truth,
                                  refusals const& refused) {
    std::set<std::string> left_out;
    for (auto const& [dataset, ids] : refused.rows)
        for (auto const id : ids)
            left_out.insert(profile_path(dataset, id));
    std::vector<std::string> found;
    for (auto const& [path, texts] : truth) {
        auto const at = fresh.find(path);
        if (left_out.contains(path))
            continue;
        if (at == fresh.end())
            found.push_back(path + " is missing in a fresh export");
        else if (!texts.contains(at->second))
            found.push_back(path + " is wrong in a fresh export");
    }
    return found;
}

} // namespace model
