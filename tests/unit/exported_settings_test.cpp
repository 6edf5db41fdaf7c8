// [dataset NAME] and [document NAME]: read, refused with every mistake at its line, and shown.
#include "support/catch.hpp"

#include "settings/dataset_syntax.hpp"
#include "settings/export_settings.hpp"
#include "settings/exported_places.hpp"
#include "settings/masked.hpp"
#include "settings/shown_settings.hpp"
#include "settings/take_over.hpp"
#include "settings/values.hpp"
#include "support/loaded_settings.hpp"
#include "support/temporary_directory.hpp"

#include <fstream>

using namespace exportd;
using list = std::vector<std::string>;

namespace {

std::string const hashtags = "[dataset hashtags]\nrelation = datamarthashtags\nkey = dimension_hashtag_id\n"
                             "id = hashtag_id\npath = hashtags/{shard}/{id}.json\n";

/// Mistakes by their line, without the name of the file.
list mistakes(std::string const& text, list const& sets = {}) {
    test::temp_file const file{text};
    list all;
    for (auto const& m : test::from_file(file, test::nothing, sets).mistakes) {
        auto const own = m.where.starts_with(file.name()) ? m.where.substr(file.name().size()) : m.where;
        all.push_back(own + ": " + m.what);
    }
    return all;
}

settings read(std::string const& text, list sets = {}) {
    test::temp_file const file{text};
    sets.emplace_back("export.schema_dir=" EXPORTD_SOURCE_DIR "/conf/schemas");
    auto loaded = test::from_file(file, test::nothing, sets);
    CHECK(test::texts(loaded) == list{});
    return loaded.value;
}

list clashes(std::string const& text) {
    list all;
    for (auto const& clash : meeting_places(read(text)))
        all.push_back(clash.name + ' ' + clash.key + ' ' + clash.what);
    return all;
}

} // namespace

TEST_CASE("exported settings: without sections there is what is built in", "[settings]") {
    auto const s = read("");
    CHECK(s.datasets == notes_export::standard_datasets());
    CHECK(s.documents == notes_export::standard_documents());
    CHECK(to_export_config(s).datasets == s.datasets);
    CHECK(to_export_config(s).documents == s.documents);
}

TEST_CASE("exported settings: a section that says what it must", "[settings]") {
    auto const s = read(hashtags);
    REQUIRE(s.datasets.size() == 3);
    auto const& d = s.datasets[2];
    CHECK(d.name == "hashtags");
    CHECK(d.singular == "hashtags");
    CHECK(d.table == "datamarthashtags");
    CHECK(d.key_column == "dimension_hashtag_id");
    CHECK(d.id_column == "hashtag_id");
    CHECK(d.name_column == "hashtag_id");
    CHECK(d.path == "hashtags/{h1}/{h2}/{h3}/{id}.json");
    CHECK_FALSE(d.has_index());
    CHECK(d.index_columns == list{"hashtag_id"});
    CHECK(d.profile_schema.empty());
    CHECK(d.dimension.empty());
}

TEST_CASE("exported settings: a section that says everything", "[settings]") {
    auto const s = read(hashtags + "view = hashtags_view\nname = hashtag\nsingular = hashtag\n"
                                   "dimension = dimension_hashtags\ncurrent = is_current\nindex = lists/hashtags.json\n"
                                   "index_columns = hashtag_id , hashtag,used\nindex_order = used desc, year, a b ASC\n"
                                   "join = t on a = b : c, d ; u on e = f:g\n"
                                   "[document totals]\nrelation = totals\nkey = only_row = -1\ncolumns = a, b\n"
                                   "path = lists/totals.json\nneeded = a\n[export]\nvalidation = off\n");
    auto const& d = s.datasets[2];
    CHECK(d.view == "hashtags_view");
    CHECK(d.current_column == "is_current");
    CHECK(d.index_columns == list{"hashtag_id", "hashtag", "used"});
    CHECK(d.index_order == list{"used", "year", "a b"});
    CHECK(d.index_ascending == list{"year", "a b"});
    REQUIRE(d.lookups.size() == 2);
    CHECK(d.lookups[0] == notes_export::lookup{"t", "a", "b", {"c", "d"}});
    CHECK(d.lookups[1] == notes_export::lookup{"u", "e", "f", {"g"}});
    REQUIRE(s.documents.size() == 3);
    CHECK(s.documents[2].name == "totals");
    CHECK(s.documents[2].key_column == "only_row");
    CHECK(s.documents[2].key == -1);
    CHECK(s.documents[2].columns == list{"a", "b"});
    CHECK(s.documents[2].needed == list{"a"});
}

TEST_CASE("exported settings: an index without columns has id and name, in order of id", "[settings]") {
    auto const d = read(hashtags + "name = hashtag\nindex = h.json\nindex_order = hashtag_id\n").datasets[2];
    CHECK(d.index_columns == list{"hashtag_id", "hashtag"});
    CHECK(d.index_order.empty());
    CHECK(d.index_ascending.empty());
}

TEST_CASE("exported settings: a built-in section changes what it names alone", "[settings]") {
    auto const s = read("[dataset users]\nindex_order = history_whole_closed DESC\n");
    auto expected = notes_export::standard_datasets();
    expected[0].index_order = {"history_whole_closed"};
    CHECK(s.datasets == expected);
}

TEST_CASE("exported settings: built_in = false leaves what the file has", "[settings]") {
    auto const s = read("[export]\nbuilt_in = false\n" + hashtags);
    REQUIRE(s.datasets.size() == 1);
    CHECK(s.datasets[0].name == "hashtags");
    CHECK(s.documents.empty());
    CHECK(mistakes("[export]\nbuilt_in = false\n") ==
          list{"[export] built_in: is false, and there is no [dataset NAME]: nothing would be exported"});
}

TEST_CASE("exported settings: --set changes one key", "[settings]") {
    auto const s = read(hashtags, {"dataset.hashtags.path=h/{id}.json", "document.global_stats.path=stats.json"});
    CHECK(s.datasets[2].path == "h/{id}.json");
    CHECK(s.documents[0].path == "stats.json");
    CHECK(mistakes("", {"dataset.a.b"}) == list{"--set: no setting named before '=' (write section.key=value)"});
    CHECK(mistakes("", {"dataset.A.path=x"}) ==
          list{"--set dataset.A.path: no dataset and key named before '=' (write dataset.NAME.key=value)"});
}

TEST_CASE("exported settings: what is missing or unknown is told with its line", "[settings]") {
    CHECK(mistakes("[dataset a]\nrelatoin = b\nkey = k\nid = i\npath = a/{id}.json\n[document d]\n") ==
          list{":1: [dataset a] has no relation (the table that has the rows)",
               ":2: [dataset a] relatoin: unknown key; did you mean \"relation\"?",
               ":6: [document d] has no relation (the table or view that has the row)",
               ":6: [document d] has no key (which row: COLUMN = NUMBER)",
               ":6: [document d] has no path (of the file)"});
    auto const rule = [](std::string const& kind, std::string const& example) {
        return ": a " + kind +
               " has a name of lower-case letters, digits and '_', at most 32 of them, beginning with a " +
               "letter (write [" + kind + ' ' + example + "])";
    };
    CHECK(mistakes("[dataset]\n[dataset A]\n[dataset 1a]\n[document a-b]\n") ==
          list{":1" + rule("dataset", "hashtags"), ":2" + rule("dataset", "hashtags"),
               ":3" + rule("dataset", "hashtags"), ":4" + rule("document", "totals")});
}

TEST_CASE("exported settings: paths that cannot be used", "[settings]") {
    auto const refused = [](std::string const& path) {
        try {
            return parse_template(path);
        } catch (bad_value const& e) {
            return std::string{e.what()};
        }
    };
    for (auto const* const path : {"",
                                   "/a/{id}.json",
                                   "../a/{id}.json",
                                   "a/../{id}.json",
                                   "a//{id}.json",
                                   "a/./{id}.json",
                                   ".exportd/{id}.json",
                                   ".git/{id}.json",
                                   "a/.b/{id}.json",
                                   "{id}.json",
                                   "{shard}/{id}.json",
                                   "a/{id}",
                                   "a/x{id}.json",
                                   "a/{id}.json.gz",
                                   "a/{id}.br",
                                   "a/{id}/b.json",
                                   "a/{name}/{id}.json",
                                   "a/{h1}/{id}.json",
                                   "a/{shard}x/{id}.json",
                                   "a/b.json",
                                   "changes/{id}.json",
                                   "metadata.json/{id}.json",
                                   "x.json.gz/{id}.json",
                                   "a/{id}.{id}",
                                   "a\\b/{id}.json",
                                   "a/{shard}/{shard}/{id}.json"}) {
        INFO(path);
        CHECK_THROWS_AS(parse_template(path), bad_value);
    }
    CHECK(refused("a/{shard}/b/{id}.json") == "a/{h1}/{h2}/{h3}/b/{id}.json");
    CHECK(template_text("a/{h1}/{h2}/{h3}/{id}.json") == "a/{shard}/{id}.json");
    for (auto const* const path :
         {"metadata.json", "changes", "changes/x.json", ".exportd/x", "a/{id}.json", "x.json.br", "metadata.json/x",
          "a.gz/x", "/etc/passwd", "a/../../x", ".json_export_version", "x.gz"}) {
        INFO(path);
        CHECK_THROWS_AS(parse_place(path), bad_value);
    }
    CHECK(parse_place("a/b c.json") == "a/b c.json");
}

TEST_CASE("exported settings: places that meet", "[settings]") {
    auto const of = [](std::string const& name, std::string const& path, std::string const& more = "") {
        return "[dataset " + name + "]\nrelation = t_" + name + "\nkey = k\nid = i\npath = " + path + "\n" + more;
    };
    auto const meet = [&](std::string const& a, std::string const& b) {
        return mistakes(of("a", a) + of("b", b)).size() == 1 && mistakes(of("a", b) + of("b", a)).size() == 1;
    };
    CHECK(meet("x/{id}.json", "x/{id}.json"));
    CHECK(meet("x/{id}.json", "x/{id}.txt"));
    CHECK(meet("x/{shard}/{id}.json", "x/0/0/1/{id}.json"));
    CHECK(meet("x/{id}.json", "x/y/{id}.json"));
    CHECK_FALSE(meet("x/{id}.json", "xy/{id}.json"));
    CHECK_FALSE(meet("api/a/{id}.json", "api/b/{shard}/{id}.json"));
    CHECK(mistakes("[output]\ndirectory = /srv/tree\nversion_file = /srv/tree/y.json\n" +
                   of("a", "x/{id}.json", "index = y.json\n")) ==
          list{":9: [dataset a] index: \"y.json\" is in the way of the version file"});

    auto const file = [&](std::string const& path) {
        return mistakes(of("a", "x/{shard}/{id}.json") + "[document d]\nrelation = r\nkey = k = 1\npath = " + path +
                        '\n');
    };
    CHECK(file("x/0/0/1/1.json") == list{":9: [document d] path: \"x/0/0/1/1.json\" is in the way of [dataset a] path "
                                         "= x/{h1}/{h2}/{h3}/{id}.json"});
    CHECK(file("x/0").size() == 1);
    CHECK(file("x").size() == 1);
    CHECK(file("x/0/0/1/2.json").empty()); // 2 belongs to another directory
    CHECK(file("x/list.json").empty());
    CHECK(file("users").size() == 1);
    CHECK(file("global_stats.json").size() == 1);
    CHECK(file("global_stats.json/x").size() == 1);
    CHECK(mistakes("[output]\nversion_file = v/version\n" + of("a", "x/{id}.json", "index = v/version\n")).size() == 1);
    CHECK(clashes(hashtags).empty());
    auto const beside = of("a", "x/{id}.json", "index = indexes/users/top.json\n");
    CHECK(mistakes(beside).empty());
    CHECK(mistakes("[dataset users]\nshards = true\n" + beside).size() == 1);
    CHECK(mistakes("[dataset users]\nshards = true\n" + of("a", "indexes/users/names/{id}.json")).size() == 1);
    CHECK(mistakes("[dataset users]\nshards = true\n").empty());
}

TEST_CASE("exported settings: shards need what they are made of", "[settings]") {
    std::string const columns = "[dataset users]\nindex_columns = user_id, history_whole_open\n";
    CHECK(mistakes(columns + "index_order = history_whole_open DESC\n").empty());
    CHECK(
        mistakes(columns + "shards = true\n") ==
        list{":2: [dataset users] index_columns: \"history_whole_closed\" is not among them, and shards are made of it",
             ":2: [dataset users] index_columns: \"username\" is not among them, and shards are made of it"});
}

TEST_CASE("exported settings: shards stand beside an index", "[settings]") {
    std::string const section =
        "[dataset a]\nrelation = t_a\nkey = k\nid = i\nname = n\npath = x/{id}.json\nshards = on\n";
    auto const shards_of = [](std::string const& text) {
        test::temp_file const file{text};
        auto const loaded = test::from_file(file);
        REQUIRE(loaded.mistakes.empty());
        return loaded.value.datasets.back().shards;
    };
    auto const beside = shards_of(section + "index = lists/a.json\ntop = 7\n");
    CHECK(beside.make);
    CHECK(beside.directory == "lists/a");
    CHECK(beside.top == 7);
    std::string const where =
        ":8: [dataset a] shards: they stand beside an index, in a directory of its name (write index "
        "= PATH.json)";
    CHECK(mistakes("\n" + section) == list{where});
    CHECK(mistakes("\n" + section + "index = lists/a\n") == list{where});

    // Those that are built in have a place of their own.
    test::temp_file const alone{"[dataset users]\nindex =\nshards = yes\n"};
    auto const users = test::from_file(alone).value.datasets.front();
    CHECK_FALSE(users.has_index());
    CHECK(users.shards.directory == "indexes/users");
    CHECK(users.index_columns.size() > 2);
    CHECK(shown_settings(test::from_file(alone).value).find("\nshards = true\ntop = 10000\n") != std::string::npos);
}

TEST_CASE("exported settings: what is not published, and the flag of users and countries only", "[settings]") {
    auto const omitted = [](std::string const& text) {
        test::temp_file const file{text};
        std::vector<list> all;
        for (auto const& d : test::from_file(file).value.datasets)
            all.push_back({names_text(d.omitted), d.shows_flag ? "flag" : ""});
        return all;
    };
    CHECK(omitted(hashtags) == std::vector<list>{{"", "flag"}, {"", "flag"}, {"", ""}});
    CHECK(omitted(hashtags + "omit = secret, other\n").back() == list{"secret, other", ""});
    CHECK(omitted(hashtags + "omit =\n").back() == list{"", ""});
    CHECK(omitted("[dataset users]\nomit = iso_week\n").front() == list{"iso_week", "flag"});
}

TEST_CASE("exported settings: what only shows when all is seen", "[settings]") {
    test::temporary_directory const schemas;
    std::ofstream{schemas / "a.schema.json"} << "{}";
    auto const begin = "[export]\nschema_dir = " + schemas.path().string() + '\n';
    CHECK(mistakes(begin + hashtags + "schema = a.schema.json\nindex = h.json\nindex_schema = b.schema.json\n") ==
          list{":10: [dataset hashtags] index_schema: there is no file " + (schemas / "b.schema.json").string()});
    CHECK(mistakes(begin + "validation = off\n" + hashtags + "schema = b.schema.json\n").empty());
    CHECK(mistakes(hashtags + "index_order = a\n") ==
          list{":6: [dataset hashtags] index_order: there is no index (write index = PATH as well)"});
    CHECK(mistakes(hashtags + "index = h.json\nindex_columns = a\n") ==
          list{":7: [dataset hashtags] index_columns: the id, \"hashtag_id\", is not among them"});
    std::string const day = "[document day]\nrelation = days\nkey = k = 1\npath = day.json\n";
    CHECK(mistakes(day + "columns = a, json_exported\nneeded = a, b\n") ==
          list{":5: [document day] columns: \"json_exported\" is set by the export itself, so that the file would not "
               "agree with the table",
               ":6: [document day] needed: \"b\" is not among the columns"});
    CHECK(mistakes(day + "needed = a, b\n").empty());
    CHECK(mistakes(hashtags + "index = h.json\nindex_columns = hashtag_id, json_exported\n") ==
          list{":7: [dataset hashtags] index_columns: \"json_exported\" is set by the export itself, so that the list "
               "would not agree with the table"});
    CHECK(mistakes(hashtags + "omit = hashtag_id, secret\n") ==
          list{":6: [dataset hashtags] omit: \"hashtag_id\" is the id, or a column of the index, and needed"});
    CHECK(mistakes(hashtags + "index = h.json\nindex_columns = hashtag_id, a\nomit = a\n").size() == 1);
    CHECK(mistakes(hashtags + "omit = a\n").empty());
    CHECK(mistakes(hashtags + "current = a\n") ==
          list{":6: [dataset hashtags] current: there is no dimension that could have this column"});
    CHECK(
        mistakes(hashtags + "[dataset b]\nrelation = datamarthashtags\nkey = k\nid = i\npath = b/{id}.json\n") ==
        list{
            ":2: [dataset hashtags] relation: \"datamarthashtags\" is that of dataset b, and a table can have one only",
            ":7: [dataset b] relation: \"datamarthashtags\" is that of dataset hashtags, and a table can have one "
            "only"});
    CHECK(mistakes(hashtags + "[dataset b]\nrelation = hashtags\nkey = k\nid = i\npath = b/{id}.json\n").size() == 1);
}

TEST_CASE("exported settings: texts that are no list, order, join or row", "[settings]") {
    CHECK_THROWS_AS(parse_names("a,,b"), bad_value);
    CHECK_THROWS_AS(parse_names("a, a"), bad_value);
    CHECK_THROWS_AS(parse_names(std::string(64, 'x')), bad_value);
    CHECK_THROWS_AS(parse_order("a DESC, a"), bad_value);
    CHECK_THROWS_AS(parse_order("DESC,"), bad_value);
    for (auto const* const text : {"t", "t on a", "t on a = b", "t on a : b", "on a = b : c", "t on a = b :",
                                   "t on = b : c", "t on a = : c", "t on a : b = c", "t on a = b : c;"}) {
        INFO(text);
        CHECK_THROWS_AS(parse_joins(text), bad_value);
    }
    auto const key = [](std::string const& text) {
        return mistakes("[document d]\nrelation = r\npath = d.json\nkey = " + text + '\n').size();
    };
    CHECK(key("a = 1") == 0);
    CHECK(key("a = b = 1") == 0);
    for (auto const* const text : {"", "a", "= 1", "a =", "a = b", "a = 1x", "a = 99999999999999999999"})
        CHECK(key(text) == 1);
}

TEST_CASE("exported settings: show-config can be read again", "[settings]") {
    auto const text =
        "[database]\nconninfo = dbname=x host=/run/x\n[export]\nvalidation = off\nindex_max_size = 5MB\n"
        "[log]\nlevel = error\nformat = json\nfile_mode = 0600\n[output]\nprecompress = gzip, br\n"
        "[schedule]\npoll_interval = 0\nfull_interval = 90min\n[http]\nlisten = [::1]:9847\n" +
        hashtags +
        "index = h.json\nindex_order = a DESC, b ASC\njoin = t on a = b : c\nname = n\nomit = secret, other\n"
        "[document d]\nrelation = r\nkey = k = 1\npath = d.json\n"
        "[mirror m]\nkind = git\nurl = git@host:x.git\nhistory = 90d\n"
        "[mirror s]\nkind = s3\nurl = https://host/b\naccess_key_file = /a\nsecret_key_file = /b\n"
        "style = host\ncompress = gzip\n";
    auto const s = read(text);
    CHECK(read(shown_settings(s)) == s);
    auto const defaults = read("");
    CHECK(read(shown_settings(defaults)) == defaults);
}

TEST_CASE("exported settings: passwords are not shown", "[settings]") {
    CHECK(masked_conninfo("dbname=x host=y") == "dbname=x host=y");
    CHECK(masked_conninfo("host=h password='a b' dbname='it''s'").find("a b") == std::string::npos);
    CHECK(masked_conninfo("dbname='my db' password=secret").find("dbname='my db'") != std::string::npos);
    for (auto const* const text : {"password=secret", "postgresql://u:secret@h/d", "sslpassword=secret dbname=x",
                                   "postgresql://h/d?password=secret"}) {
        INFO(text);
        CHECK(masked_conninfo(text).find("secret") == std::string::npos);
        CHECK(masked_conninfo(text).find("***") != std::string::npos);
    }
    CHECK(masked_url("https://u:secret@h/p") == "https://u:***@h/p");
    CHECK(masked_url("https://secret@h/p") == "https://***@h/p");
    CHECK(masked_url("https://h/p?t=secret") == "https://h/p?***");
    CHECK(masked_url("git@h:p.git") == "git@h:p.git");
    CHECK(masked_url("/srv/copy") == "/srv/copy");
    auto const shown = shown_settings(read("[database]\nconninfo = password=secret\n[mirror m]\nkind = git\n"
                                           "url = https://u:secret@h/x.git\npurge_url = http://secret@h\n"));
    CHECK(shown.find("secret") == std::string::npos);
}

TEST_CASE("exported settings: another dataset needs a restart", "[settings]") {
    CHECK(needs_restart(read(""), read(hashtags)) == list{"dataset"});
    CHECK(needs_restart(read(""), read("[document global_stats]\npath = g.json\n")) == list{"document"});
    CHECK(needs_restart(read(hashtags), read(hashtags)).empty());
}
