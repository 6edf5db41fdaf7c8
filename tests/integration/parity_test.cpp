// The published bytes against what psql prints for the queries that define the format.
#include "support/catch.hpp"

#include "source/sql.hpp"
#include "support/export_fixture.hpp"

#include <notes_export/dataset.hpp>

#include <algorithm>
#include <cstdlib>

using test::export_fixture;

namespace {

std::filesystem::path const reference = EXPORTD_SOURCE_DIR "/../shared/reference";

// "id<TAB>document<NUL>..." as psql prints it with -0; a file is the document and one newline.
std::map<std::int64_t, std::string> by_id(std::string const& printed) {
    std::map<std::int64_t, std::string> documents;
    for (std::size_t at = 0; at < printed.size();) {
        auto const end = printed.find("\x1e\n", at);
        auto const line = printed.substr(at, end - at);
        auto const tab = line.find('\t');
        documents.emplace(std::stoll(line.substr(0, tab)), line.substr(tab + 1) + '\n');
        at = end + 2;
    }
    return documents;
}

// Each row ends in a record separator, because documents contain newlines.
std::string rows(std::string const& query) {
    return "SELECT id || E'\\t' || document || E'\\x1e' FROM (" + query + ") q";
}

// One row per id: the dimension row that is current, else the highest.
std::string const chosen_users =
    "(SELECT DISTINCT ON (d.user_id) d.dimension_user_id FROM dwh.datamartusers d LEFT JOIN dwh.dimension_users x"
    " USING (dimension_user_id) WHERE d.user_id >= 1 ORDER BY d.user_id, (x.is_current IS TRUE) DESC,"
    " d.dimension_user_id DESC)";

std::string users_query(std::string const& relation) {
    return "SELECT (t.user_id)::bigint AS id, row_to_json(t) AS document FROM (SELECT v.*, c.contributor_type_name,"
           " c.contributor_type_name_en FROM dwh." +
           relation +
           " v LEFT JOIN dwh.contributor_types c"
           " ON v.id_contributor_type = c.contributor_type_id WHERE v.dimension_user_id IN " +
           chosen_users + ") t";
}

std::string const countries_query = "SELECT t.country_id::bigint AS id, row_to_json(t) AS document FROM"
                                    " dwh.datamartcountries t WHERE t.country_id >= 1";

std::string const users_index = "SELECT coalesce(json_agg(t), '[]') FROM (SELECT user_id, username, history_whole_open,"
                                " history_whole_closed FROM dwh.datamartusers WHERE dimension_user_id IN " +
                                chosen_users +
                                " ORDER BY history_whole_open DESC NULLS LAST, history_whole_closed DESC NULLS LAST,"
                                " user_id) t";

std::string const countries_index =
    "SELECT coalesce(json_agg(t), '[]') FROM (SELECT country_id, country_name, country_name_es, country_name_en,"
    " date_starting_creating_notes, history_whole_open, history_whole_closed, history_whole_commented,"
    " history_year_open, history_year_closed, history_year_commented, avg_days_to_resolution, resolution_rate,"
    " notes_resolved_count, notes_still_open_count, notes_health_score, new_vs_resolved_ratio,"
    " notes_created_last_30_days, notes_resolved_last_30_days FROM dwh.datamartcountries WHERE country_id >= 1"
    " ORDER BY history_whole_open DESC NULLS LAST, history_whole_closed DESC NULLS LAST, country_id) t";

std::string const global =
    "SELECT row_to_json(t) FROM (SELECT * FROM dwh.datamartglobal WHERE dimension_global_id = 1) t";

std::string const summary =
    "SELECT row_to_json(t) FROM (SELECT currently_open_count, currently_closed_count, history_whole_open,"
    " history_whole_closed, history_whole_reopened, history_year_open, history_year_closed, history_year_reopened,"
    " avg_days_to_resolution, median_days_to_resolution, avg_days_to_resolution_current_year,"
    " median_days_to_resolution_current_year, resolution_rate, notes_created_last_30_days,"
    " notes_resolved_last_30_days, notes_backlog_size, active_users_count FROM dwh.datamartglobal"
    " WHERE dimension_global_id = 1) t";

struct parity_fixture : export_fixture {
    parity_fixture() : export_fixture{"installed"} {}

    void generate(std::string const& arguments) {
        auto const command = "psql -X -q -v ON_ERROR_STOP=1 -d '" + db.conninfo() + "' " + arguments + " >/dev/null";
        REQUIRE(std::system(command.c_str()) == 0);
    }

    // Asked before the export, while every flag is FALSE, as the published format shows it.
    std::map<std::string, std::string> expected(std::string const& user_relation) {
        std::map<std::string, std::string> files;
        for (auto const& [id, text] : by_id(db.psql(rows(users_query(user_relation)))))
            files.emplace(notes_export::entity_path{"users/{h1}/{h2}/{h3}/{id}.json"}.of(id), text);
        for (auto const& [id, text] : by_id(db.psql(rows(countries_query))))
            files.emplace("countries/" + std::to_string(id) + ".json", text);
        files.emplace("indexes/users.json", db.psql(users_index));
        files.emplace("indexes/countries.json", db.psql(countries_index));
        files.emplace("global_stats.json", db.psql(global));
        files.emplace("global_stats_summary.json", db.psql(summary));
        return files;
    }

    // Four keys of the sample files are spelled otherwise than their columns.
    void load_samples(std::string const& directory, std::string const& table) {
        for (auto const& entry : std::filesystem::recursive_directory_iterator{reference / "sample" / directory}) {
            if (!entry.is_regular_file())
                continue;
            auto text = test::read_file(entry.path());
            for (auto at = text.find("\"lastest_"); at != std::string::npos; at = text.find("\"lastest_", at))
                text.replace(at, 9, "\"latest_");
            db.exec("INSERT INTO dwh." + table + " SELECT * FROM json_populate_record(NULL::dwh." + table +
                    ", $sample$" + text + "$sample$)");
        }
    }

    void compare(std::map<std::string, std::string> const& wanted) {
        auto published = contents();
        published.erase("metadata.json");
        published.erase(".json_export_version");
        CHECK(published.size() == wanted.size());
        for (auto const& [path, text] : wanted) {
            INFO(path);
            REQUIRE(published.contains(path));
            REQUIRE(published.at(path) == text);
        }
    }

    void check_metadata(std::size_t users, std::size_t countries) {
        auto const hash =
            db.psql("SELECT encode(sha256((string_agg(column_name || ':' || data_type || ':' || ordinal_position,"
                    " '|' ORDER BY table_name, ordinal_position) || E'\\n')::bytea), 'hex') FROM"
                    " information_schema.columns WHERE table_schema = 'dwh' AND table_name IN"
                    " ('datamartusers', 'datamartcountries')");
        auto text = file("metadata.json");
        auto const after = [&](std::string const& key) {
            return text.substr(text.find("\"" + key + "\": ") + key.size() + 4);
        };
        auto const line = [&](std::string const& key) { return after(key).substr(0, after(key).find_first_of(",\n")); };
        CHECK(line("total_users") == std::to_string(users));
        CHECK(line("total_countries") == std::to_string(countries));
        CHECK(line("version") == "\"1.0.0\"");
        CHECK(line("schema_version") == "\"1.0.0\"");
        CHECK(line("api_compat_min") == "\"1.0.0\"");
        CHECK(line("data_schema_hash") == '"' + hash.substr(0, 64) + '"');
        CHECK(line("generation") == "1");
    }
};

} // namespace

TEST_CASE_METHOD(parity_fixture, "parity: generated rows through the export view", "[parity][db]") {
    generate("-v users=1500 -v countries=60 -v awkward=1 -f " EXPORTD_SOURCE_DIR "/tests/support/generate.sql");
    auto const wanted = expected("datamartusers_export");
    run();
    CHECK(wanted.size() > 1560);
    compare(wanted);
    auto const countries = static_cast<std::size_t>(
        std::ranges::count_if(wanted, [](auto const& f) { return f.first.starts_with("countries/"); }));
    check_metadata(wanted.size() - countries - 4, countries);
}

TEST_CASE_METHOD(parity_fixture, "parity: generated rows of the table, without the view", "[parity][db]") {
    generate("-v users=200 -v countries=5 -v awkward=1 -f " EXPORTD_SOURCE_DIR "/tests/support/generate.sql");
    db.exec("DROP VIEW dwh.datamartusers_export");
    auto const wanted = expected("datamartusers");
    run();
    CHECK(wanted.size() > 200);
    compare(wanted);
}

TEST_CASE_METHOD(parity_fixture, "parity: several workers, batches and sessions settings give the same bytes",
                 "[parity][db]") {
    generate("-v users=300 -v countries=10 -f " EXPORTD_SOURCE_DIR "/tests/support/generate.sql");
    auto const wanted = expected("datamartusers_export");
    db.exec("ALTER DATABASE " + db.name() + " SET timezone = 'Asia/Kathmandu'; ALTER DATABASE " + db.name() +
            " SET datestyle = 'German'; ALTER DATABASE " + db.name() + " SET extra_float_digits = -5; ALTER DATABASE " +
            db.name() + " SET search_path = nowhere");
    auto c = config();
    c.workers = 4;
    c.batch_size = 37;
    notes_export::exporter{c}.run({});
    compare(wanted);
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(parity_fixture, "parity: empty tables give empty indexes", "[parity][db]") {
    run();
    CHECK(file("indexes/users.json") == "[]\n");
    CHECK(file("indexes/countries.json") == "[]\n");
    CHECK_FALSE(has("global_stats.json"));
    CHECK(has("metadata.json"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(parity_fixture, "parity: rows of published sample files, with their schemas", "[parity][db]") {
    if (!std::filesystem::exists(reference / "sample")) {
        WARN("skipped: no sample files beside the repository");
        return;
    }
    load_samples("users", "datamartusers");
    load_samples("countries", "datamartcountries");
    // The view's rows need their dimension rows; the sample has none.
    db.exec(
        "INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current)"
        " SELECT dimension_user_id, user_id, username, FALSE, TRUE FROM dwh.datamartusers;"
        "UPDATE dwh.datamartusers SET json_exported = FALSE; UPDATE dwh.datamartcountries SET json_exported = FALSE");
    auto const wanted = expected("datamartusers_export");
    CHECK(wanted.size() > 270);
    auto c = config();
    SECTION("schemas of the samples") {
        c.schema_dir = reference / "schemas";
    }
    SECTION("our schemas") {}
    auto const report = notes_export::exporter{c}.run({});
    CHECK(report.in_quarantine() == 0);
    auto published = wanted;
    published.erase("global_stats.json"); // the sample has no global row
    published.erase("global_stats_summary.json");
    compare(published);
}

TEST_CASE_METHOD(test::export_fixture, "parity: the schema's hash is made of what information_schema tells the role",
                 "[parity][db]") {
    db.exec(
        "CREATE DOMAIN dwh.word AS text; CREATE DOMAIN dwh.phrase AS dwh.word; CREATE DOMAIN dwh.words AS text[];"
        "CREATE TYPE dwh.mood AS ENUM ('good'); CREATE TYPE dwh.pair AS (a int, b text);"
        "CREATE TABLE dwh.odd (gone int, a dwh.word, b dwh.phrase, c dwh.words, d dwh.mood, e dwh.pair, f int[],"
        " g numeric(12,1), h varchar(3), i char(2), j timestamptz(3), k bit varying, l \"char\", m name, n oid,"
        " o int8range, p interval day to second(2), \"Q:|.\" dwh.mood[], r point, s oidvector);"
        "ALTER TABLE dwh.odd DROP COLUMN gone; CREATE VIEW dwh.odd_view AS SELECT * FROM dwh.odd;"
        "CREATE MATERIALIZED VIEW dwh.odd_kept AS SELECT a FROM dwh.odd;"
        "CREATE TABLE dwh.odd_parts (a dwh.word) PARTITION BY LIST (a);"
        "DROP ROLE IF EXISTS some_columns; CREATE ROLE some_columns; GRANT USAGE ON SCHEMA dwh TO some_columns;"
        "GRANT SELECT (a, d), UPDATE (g) ON dwh.odd TO some_columns; GRANT INSERT ON dwh.odd_parts TO some_columns");
    std::string const names = "'{odd,odd_view,odd_kept,odd_parts,datamartusers,no_such}'";
    auto const role = GENERATE(as<std::string>{}, "postgres", "some_columns");
    auto const ours = db.psql("PREPARE h(text, text[]) AS " + notes_export::sql::schema_fingerprint() + "; SET ROLE " +
                              role + "; EXECUTE h('dwh', " + names + ")");
    auto const theirs = db.psql("SET ROLE " + role +
                                "; SELECT encode(sha256(convert_to(string_agg(column_name || ':' || data_type || ':' ||"
                                " ordinal_position, '|' ORDER BY table_name, ordinal_position) || E'\\n', 'UTF8')),"
                                " 'hex'), string_agg(table_name || '.' || column_name || ':' || data_type, E'\\n'"
                                " ORDER BY table_name, ordinal_position) FROM information_schema.columns"
                                " WHERE table_schema = 'dwh' AND table_name = ANY(" +
                                names + "::text[])");
    CHECK(ours == theirs);
    CHECK(ours.find("odd_parts.a:text") != std::string::npos);
    CHECK((ours.find("odd.b:") != std::string::npos) == (role == "postgres"));
    db.exec("DROP OWNED BY some_columns; DROP ROLE some_columns");
}
