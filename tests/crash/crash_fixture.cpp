#include "crash/crash_fixture.hpp"

#include "support/twin_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace test {

namespace {

namespace fs = std::filesystem;

/// A dimension row and its datamart row, otherwise like those of another user.
std::string insert_user(std::string const& id, std::string const& name) {
    return "WITH made AS (INSERT INTO dwh.dimension_users (user_id, username, modified, is_current,"
           " experience_level_id) VALUES (" +
           id + ", '" + name +
           "', TRUE, TRUE, 1) RETURNING *) INSERT INTO dwh.datamartusers SELECT (json_populate_record(model,"
           " json_build_object('dimension_user_id', made.dimension_user_id, 'user_id', made.user_id, 'username',"
           " made.username, 'history_whole_open', 31, 'json_exported', false))).*"
           " FROM made, (SELECT m AS model FROM dwh.datamartusers m ORDER BY user_id LIMIT 1) AS first;";
}

std::optional<rapidjson::Document> parsed(std::string const& text) {
    std::optional<rapidjson::Document> d{std::in_place};
    d->Parse(text.data(), text.size());
    return d->HasParseError() ? std::nullopt : std::move(d);
}

std::int64_t member(tree_contents const& contents, char const* name) {
    auto const file = contents.find("metadata.json");
    auto const d = file == contents.end() ? std::nullopt : parsed(file->second);
    return d && d->IsObject() && d->HasMember(name) ? (*d)[name].GetInt64() : 0;
}

// "users/0/3/9/12345.json", or a twin of that -> "users/12345"; "" is no profile
std::string entity_of(std::string path) {
    if (auto const twin = notes_export::twin_at(path))
        path = std::string{twin->of};
    if (!path.starts_with("users/") && !path.starts_with("countries/"))
        return "";
    return path.substr(0, path.find('/') + 1) + fs::path{path}.stem().string();
}

std::set<std::string> published_entities(tree_contents const& contents) {
    std::set<std::string> found;
    for (auto const& [path, text] : contents)
        if (path.ends_with(".json"))
            found.insert(entity_of(path));
    found.erase("");
    return found;
}

void check_json(tree_contents const& now, complaints& wrong) {
    for (auto const& [path, text] : now)
        if (path.ends_with(".json") && (!parsed(text) || !text.ends_with('\n')))
            wrong.push_back(path + " is not whole");
}

void check_index(tree_contents const& now, std::string const& dataset, char const* id, complaints& wrong) {
    auto const file = now.find("indexes/" + dataset + ".json");
    auto const d = file == now.end() ? std::nullopt : parsed(file->second);
    if (!d)
        return; // not there yet, or reported already
    auto const there = published_entities(now);
    for (auto const& entry : d->GetArray())
        if (auto const name = dataset + '/' + std::to_string(entry[id].GetInt64()); !there.contains(name))
            wrong.push_back(file->first + " names " + name + ", which has no file");
}

// Pairs [name, id], or entries of the index.
void check_shards(tree_contents const& now, complaints& wrong) {
    auto const there = published_entities(now);
    for (auto const& [path, text] : now) {
        if (!path.starts_with("indexes/users/") || !path.ends_with(".json") || path.ends_with("/shards.json"))
            continue;
        auto const d = parsed(text);
        if (!d)
            continue; // reported already
        for (auto const& entry : d->GetArray()) {
            auto const id = entry.IsArray() ? entry[1].GetInt64() : entry["user_id"].GetInt64();
            if (!there.contains("users/" + std::to_string(id)))
                wrong.push_back(path + " names users/" + std::to_string(id) + ", which has no file");
        }
    }
}

} // namespace

void crash_fixture::change_everything() {
    for (int const n : {3, 17})
        change_user(nth_user(n).key, 4711 + n);
    db.exec("UPDATE dwh.datamartusers SET json_exported = FALSE WHERE dimension_user_id = " +
            std::to_string(nth_user(5).key));
    auto const renamed = std::to_string(nth_user(12).id);
    auto const removed = std::to_string(nth_user(9).key);
    db.exec("UPDATE dwh.dimension_users SET is_current = FALSE WHERE user_id = " + renamed + ";" +
            insert_user(renamed, "a new name") + insert_user("40000001", "a new user") +
            "DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + removed + ";" +
            "UPDATE dwh.datamartcountries SET history_whole_open = 4711 WHERE country_id ="
            " (SELECT min(country_id) FROM dwh.datamartcountries WHERE country_id >= 1);"
            "INSERT INTO dwh.datamartcountries SELECT (json_populate_record(c, json_build_object("
            "'dimension_country_id', 4711, 'country_id', 4711, 'json_exported', false))).*"
            " FROM dwh.datamartcountries c WHERE country_id = (SELECT min(country_id) FROM dwh.datamartcountries);"
            "DELETE FROM dwh.datamartcountries WHERE country_id ="
            " (SELECT max(country_id) FROM dwh.datamartcountries);"
            "UPDATE dwh.datamartglobal SET currently_open_count = 4711");
}

void crash_fixture::keep_few_rows() {
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id NOT IN"
            " (SELECT dimension_user_id FROM dwh.datamartusers ORDER BY 1 LIMIT 3);"
            "DELETE FROM dwh.datamartcountries WHERE dimension_country_id NOT IN"
            " (SELECT dimension_country_id FROM dwh.datamartcountries ORDER BY 1 LIMIT 2);"
            "DELETE FROM dwh.json_export_log");
}

void crash_fixture::begin_here() {
    if (!sessions_gone())
        throw std::runtime_error{"a session of a program that has ended is still there"};
    db.exec("DROP SCHEMA IF EXISTS saved CASCADE; CREATE SCHEMA saved;"
            "CREATE TABLE saved.users AS SELECT dimension_user_id AS key, json_exported FROM dwh.datamartusers;"
            "CREATE TABLE saved.countries AS"
            " SELECT dimension_country_id AS key, json_exported FROM dwh.datamartcountries;"
            "CREATE TABLE saved.log AS TABLE dwh.json_export_log;"
            "CREATE TABLE saved.state AS TABLE dwh.json_export_state");
    fs::remove_all(root / "saved");
    if (fs::exists(tree()))
        fs::copy(tree(), root / "saved", fs::copy_options::recursive);
    m_before = contents_of(tree());
    m_follower = feed_follower{};
    if (fs::exists(tree()))
        m_follower.follow(tree());
    m_generation = db.number("SELECT generation FROM dwh.json_export_state");

    auto const ours = std::exchange(settings.directory, root / "fresh");
    fs::remove_all(settings.directory);
    if (auto const r = run_command({"once", "--full"}); r.status != 0)
        throw std::runtime_error{"the clean exporter failed: " + r.errors};
    m_expected = timeless(contents_of(settings.directory));
    settings.directory = ours;
}

void crash_fixture::put_back() {
    if (!sessions_gone())
        throw std::runtime_error{"a session of a program that has ended is still there"};
    db.exec("UPDATE dwh.datamartusers d SET json_exported = s.json_exported FROM saved.users s"
            " WHERE d.dimension_user_id = s.key AND d.json_exported IS DISTINCT FROM s.json_exported;"
            "UPDATE dwh.datamartcountries d SET json_exported = s.json_exported FROM saved.countries s"
            " WHERE d.dimension_country_id = s.key AND d.json_exported IS DISTINCT FROM s.json_exported;"
            "DELETE FROM dwh.json_export_log;"
            "INSERT INTO dwh.json_export_log TABLE saved.log;"
            "UPDATE dwh.json_export_state d SET generation = s.generation"
            " FROM saved.state s; DELETE FROM dwh.json_export_runs");
    fs::remove_all(tree());
    if (fs::exists(root / "saved"))
        fs::copy(root / "saved", tree(), fs::copy_options::recursive);
    m_finished.clear();
    remember_finished();
}

void crash_fixture::remember_finished() {
    if (!fs::exists(tree()))
        return;
    for (auto const& [path, id] : files())
        if (auto const goal = m_expected.find(path); goal != m_expected.end() && file(path) == goal->second)
            m_finished.emplace(path, id); // what was finished earlier stays as it was then
}

watched_run crash_fixture::once(fault_plan plan) {
    auto const config = root / "once.conf";
    settings.write(config);
    std::vector<std::string> arguments{"once", "--config", config.string()};
    arguments.insert(arguments.end(), options.begin(), options.end());

    syscall_injector injector{tree(), std::move(plan)};
    std::optional<child_process> program;
    injector.watch([&] { program.emplace(root / "once", arguments); });
    auto const status = program->wait_exit();
    if (!status)
        throw std::runtime_error{"once does not end"};
    return {*status, program->errors(), injector.trace(), injector.hit()};
}

complaints crash_fixture::after_crash() {
    complaints wrong;
    if (!sessions_gone())
        wrong.emplace_back("a session is left");
    auto const now = contents_of(tree());
    check_json(now, wrong);
    for (auto& text : false_twins(now))
        wrong.push_back(std::move(text));
    check_index(now, "users", "user_id", wrong);
    check_index(now, "countries", "country_id", wrong);
    check_shards(now, wrong);
    check_profiles(now, wrong);
    check_commit(now, wrong);
    return wrong;
}

// metadata.json comes last: when it is new, there is nothing old left but files that are to be removed.
void crash_fixture::check_commit(tree_contents const& now, complaints& wrong) const {
    if (member(now, "generation") <= member(m_before, "generation"))
        return;
    for (auto const& path : differences(timeless(now), m_expected))
        if (m_expected.contains(path))
            wrong.push_back(path + " is old, though metadata.json is new");
}

// A twin that comes or goes because the configuration has changed.
bool crash_fixture::is_of_unchanged_file(std::string const& path) const {
    auto const twin = notes_export::twin_at(path);
    auto const old = twin ? m_before.find(std::string{twin->of}) : m_before.end();
    auto const goal = twin ? m_expected.find(std::string{twin->of}) : m_expected.end();
    return old != m_before.end() && goal != m_expected.end() && old->second == goal->second;
}

// Each file is the old one or the new one, and what is not yet as in the database is still to be exported.
void crash_fixture::check_profiles(tree_contents const& now, complaints& wrong) {
    auto const pending = entities("SELECT 'users/' || d.user_id FROM dwh.datamartusers d JOIN dwh.dimension_users u"
                                  " USING (dimension_user_id) WHERE json_exported IS NOT TRUE AND is_current"
                                  " UNION ALL SELECT 'countries/' || country_id FROM dwh.datamartcountries"
                                  " WHERE json_exported IS NOT TRUE"
                                  " UNION ALL SELECT dataset || '/' || entity_id FROM dwh.json_export_log"
                                  " UNION ALL SELECT 'users/' || user_id FROM dwh.json_export_log"
                                  " JOIN dwh.datamartusers ON dataset = 'users' AND key = dimension_user_id");
    for (auto const& [path, text] : now) {
        auto const old = m_before.find(path);
        auto const goal = m_expected.find(path);
        bool const is_old = old != m_before.end() && old->second == text;
        bool const is_new = goal != m_expected.end() && goal->second == text;
        if (!entity_of(path).empty() && !is_old && !is_new)
            wrong.push_back(path + " is neither the old nor the new one");
    }
    for (auto const& path : differences(now, m_expected))
        if (auto const name = entity_of(path); !name.empty() && !pending.contains(name) && !is_of_unchanged_file(path))
            wrong.push_back(path + " is not as in the database and not pending");
}

complaints crash_fixture::after_cycle() {
    auto wrong = after_crash();
    auto const now = contents_of(tree());
    for (auto const& path : differences(timeless(now), m_expected))
        wrong.push_back(path + " is not as a clean exporter makes it");
    for (auto const& [path, id] : m_finished)
        if (!has(path) || !(identity(tree() / path) == id))
            wrong.push_back(path + " was touched, though it has not changed");
    for (auto const& [dataset, count] : {std::pair{"users/", "total_users"}, {"countries/", "total_countries"}}) {
        auto const files = std::ranges::count_if(
            now, [&, d = dataset](auto const& f) { return f.first.starts_with(d) && f.first.ends_with(".json"); });
        if (files != member(now, count))
            wrong.push_back(std::string{"metadata.json: "} + count + " is not " + std::to_string(files));
    }
    if (db.pending() + db.number("SELECT count(*) FROM dwh.json_export_log") != 0)
        wrong.emplace_back("something is still pending");
    check_private_files(wrong);
    check_generation(wrong);
    return wrong;
}

void crash_fixture::check_private_files(complaints& wrong) const {
    static std::set<std::string> const known{".gitignore", "lock",      "publishing",      "staging",
                                             "sources",    "last_full", "quarantine.json", "database",
                                             "counts",     "changes",   "mirrors",         "other_exporter.json",
                                             "twins",      "files",     "indexes",         "published_indexes.json"};
    for (auto const& entry : fs::directory_iterator{tree() / ".exportd"})
        if (auto const name = entry.path().filename().string(); !known.contains(name) && !name.starts_with("columns-"))
            wrong.push_back(".exportd/" + name + " is left");
    if (!fs::is_empty(tree() / ".exportd/staging"))
        wrong.emplace_back("staging is not empty");
    if (file(".exportd/.gitignore") != "*\n")
        wrong.emplace_back(".exportd/.gitignore does not keep our files out of git");
}

// Readers see by the generation that there is something new.
void crash_fixture::check_generation(complaints& wrong) {
    auto const now = contents_of(tree());
    auto const generation = member(now, "generation");
    if (generation != db.number("SELECT generation FROM dwh.json_export_state"))
        wrong.emplace_back("the generations of tree and database differ");
    auto const before = member(m_before, "generation");
    if (m_before.empty() || !differences(timeless(m_before), m_expected).empty())
        if (generation <= before)
            wrong.push_back("generation is still " + std::to_string(before));
}

std::set<std::string> crash_fixture::entities(std::string const& sql) {
    std::istringstream words{db.value("SELECT string_agg(e, ' ') FROM (" + sql + ") x(e)")};
    return {std::istream_iterator<std::string>{words}, {}};
}

// The server notices a moment later that a client is gone, and a statement may still end well.
bool crash_fixture::sessions_gone() {
    return wait_until([this] {
        return db.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                         " AND backend_type = 'client backend' AND pid <> pg_backend_pid()") == 0;
    });
}

complaints crash_fixture::validate() const {
    auto const errors = root / "validate.errors";
    auto const command = "/usr/bin/python3 " EXPORTD_SOURCE_DIR "/tests/crash/validate_tree.py " + tree().string() +
                         " " EXPORTD_SOURCE_DIR "/conf/schemas > " + errors.string() + " 2>&1";
    if (std::system(command.c_str()) == 0)
        return {};
    return {read_file(errors)};
}

} // namespace test
