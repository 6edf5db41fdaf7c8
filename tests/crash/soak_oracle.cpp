#include "crash/soak_oracle.hpp"

#include <cstdio>
#include <fstream>
#include <rapidjson/document.h>
#include <set>
#include <sstream>

namespace soak {

namespace {

namespace fs = std::filesystem;
using list = std::vector<std::string>;

/// One JSON file of the tree; a missing or torn one is a difference.
class published_file {
public:
    published_file(fs::path const& tree, std::string path, list& found) : m_path{std::move(path)}, m_found{found} {
        std::ifstream in{tree / m_path, std::ios::binary};
        if (!in) {
            m_found.push_back(m_path + " is missing");
            return;
        }
        std::ostringstream text;
        text << in.rdbuf();
        if (m_json.Parse(text.str().c_str()).HasParseError())
            m_found.push_back(m_path + " is no JSON");
        else
            m_usable = true;
    }

    bool usable() const noexcept { return m_usable; }
    rapidjson::Value const& json() const noexcept { return m_json; }

    void expect(rapidjson::Value const& object, char const* member, std::int64_t value) {
        auto const at = object.FindMember(member);
        if (at == object.MemberEnd() || !at->value.IsInt64() || at->value.GetInt64() != value)
            complain(member, std::to_string(value));
    }
    void expect(rapidjson::Value const& object, char const* member, std::string const& value) {
        auto const at = object.FindMember(member);
        if (at == object.MemberEnd() || !at->value.IsString() || value != at->value.GetString())
            complain(member, '"' + value + '"');
    }
    void complain(std::string const& what, std::string const& wanted) {
        m_found.push_back(m_path + ": " + what + " is not " + wanted);
    }

private:
    std::string m_path;
    list& m_found;
    rapidjson::Document m_json;
    bool m_usable = false;
};

std::string user_path(std::int64_t id) {
    char path[64];
    auto const bits = static_cast<unsigned>(id & 4095);
    std::snprintf(path, sizeof path, "users/%x/%x/%x/%lld.json", bits >> 8 & 15, bits >> 4 & 15, bits & 15,
                  static_cast<long long>(id));
    return path;
}

std::string country_path(std::int64_t id) {
    return "countries/" + std::to_string(id) + ".json";
}

void check_user(fs::path const& tree, warehouse const& truth, user_row const& row, list& found) {
    published_file f{tree, user_path(row.id), found};
    if (!f.usable())
        return;
    f.expect(f.json(), "dimension_user_id", row.key);
    f.expect(f.json(), "user_id", row.id);
    f.expect(f.json(), "username", row.name);
    f.expect(f.json(), "history_whole_open", row.open);
    f.expect(f.json(), "history_whole_closed", row.closed);
    f.expect(f.json(), "contributor_type_name", truth.contributor_types.at(row.type));
}

void check_user_index(fs::path const& tree, std::vector<user_row> const& rows, list& found) {
    published_file f{tree, "indexes/users.json", found};
    if (!f.usable())
        return;
    if (!f.json().IsArray() || f.json().Size() != rows.size())
        return f.complain("its size", std::to_string(rows.size()));
    for (rapidjson::SizeType i = 0; i < f.json().Size(); ++i) {
        f.expect(f.json()[i], "user_id", rows[i].id);
        f.expect(f.json()[i], "username", rows[i].name);
        f.expect(f.json()[i], "history_whole_open", rows[i].open);
        f.expect(f.json()[i], "history_whole_closed", rows[i].closed);
    }
}

void check_countries(fs::path const& tree, std::vector<country_row> const& rows, list& found) {
    published_file index{tree, "indexes/countries.json", found};
    if (index.usable() && (!index.json().IsArray() || index.json().Size() != rows.size()))
        index.complain("its size", std::to_string(rows.size()));
    for (auto const& row : rows) {
        published_file f{tree, country_path(row.id), found};
        if (!f.usable())
            continue;
        f.expect(f.json(), "country_id", row.id);
        f.expect(f.json(), "country_name", row.name);
        f.expect(f.json(), "history_whole_open", row.open);
    }
}

void check_global(fs::path const& tree, warehouse const& truth, list& found) {
    for (auto const* const path : {"global_stats.json", "global_stats_summary.json"}) {
        published_file f{tree, path, found};
        if (f.usable())
            f.expect(f.json(), "history_whole_open", truth.global_open.value());
    }
}

void check_metadata(fs::path const& tree, std::size_t users, std::size_t countries, list& found) {
    published_file f{tree, "metadata.json", found};
    if (!f.usable())
        return;
    f.expect(f.json(), "total_users", static_cast<std::int64_t>(users));
    f.expect(f.json(), "total_countries", static_cast<std::int64_t>(countries));
}

void check_nothing_extra(fs::path const& tree, std::set<std::string> const& wanted, list& found) {
    std::error_code error; // files may go while we look: then we look again
    for (auto it = fs::recursive_directory_iterator{tree, error}; it != fs::recursive_directory_iterator{};
         it.increment(error)) {
        auto const path = fs::relative(it->path(), tree, error).string();
        if (path.starts_with(".exportd/") || !it->is_regular_file(error))
            continue;
        if (!wanted.contains(path))
            found.push_back(path + " is extra");
    }
    if (error)
        found.push_back("the tree could not be listed: " + error.message());
}

} // namespace

list differences(fs::path const& tree, warehouse const& truth) {
    list found;
    std::set<std::string> wanted{"indexes/users.json", "indexes/countries.json",    "global_stats.json",
                                 "metadata.json",      "global_stats_summary.json", ".json_export_version"};
    auto const users = truth.published_users();
    for (auto const& row : users) {
        check_user(tree, truth, row, found);
        wanted.insert(user_path(row.id));
    }
    auto const countries = truth.published_countries();
    for (auto const& row : countries)
        wanted.insert(country_path(row.id));
    check_user_index(tree, users, found);
    check_countries(tree, countries, found);
    check_global(tree, truth, found);
    check_metadata(tree, users.size(), countries.size(), found);
    check_nothing_extra(tree, wanted, found);
    return found;
}

} // namespace soak
