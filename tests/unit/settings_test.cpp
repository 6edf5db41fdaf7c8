#include "support/catch.hpp"

#include "settings/export_settings.hpp"
#include "settings/keys.hpp"
#include "settings/load_settings.hpp"
#include "settings/take_over.hpp"
#include "settings/values.hpp"
#include "support/default_settings.hpp"
#include "support/loaded_settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <sstream>
#include <unistd.h>

using namespace exportd;
using namespace test;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::string>;

} // namespace

TEST_CASE("settings: defaults apply when the default file does not exist", "[settings]") {
    auto const loaded = from_sets({});
    CHECK(loaded.mistakes.empty());
    CHECK_FALSE(loaded.file);
    CHECK(loaded.value.database.conninfo == "dbname=notes_dwh");
    CHECK(loaded.value.database.channel == "osm_notes_export");
    CHECK(loaded.value.output.directory == "/var/lib/osm-notes-exportd/json");
    CHECK(loaded.value.schedule.debounce == 500ms);
    CHECK(loaded.value.schedule.full_interval == 24h);
    CHECK(loaded.value.exporting.workers == 2);
    CHECK(loaded.value.exporting.schema_dir == EXPORTD_SCHEMA_DIR);
    CHECK(loaded.value.log.file.empty());
    CHECK(loaded.value == test::default_settings());
}

TEST_CASE("settings: the default file is read when it exists", "[settings]") {
    temp_file const file{"[export]\nworkers = 5\n"};
    auto const loaded = load_settings(std::nullopt, {}, nothing, file.name());
    CHECK(loaded.value.exporting.workers == 5);
    CHECK(loaded.file == std::filesystem::path{file.name()});
}

TEST_CASE("settings: a given file that cannot be read is a mistake", "[settings]") {
    auto const loaded = load_settings("/nonexistent/x.conf", {}, nothing);
    CHECK(texts(loaded) == list{"/nonexistent/x.conf: cannot be read: No such file or directory"});
    CHECK(texts(load_settings("/", {}, nothing)) == list{"/: cannot be read: Is a directory"});
}

TEST_CASE("settings: --set beats the environment, which beats the file, which beats the default", "[settings]") {
    temp_file const file{"[export]\nbatch_size = 1\n"};
    auto const env = fixed({{"JSON_EXPORT_BATCH_SIZE", "2"}});
    CHECK(from_sets({}).value.exporting.batch_size == 10000);
    CHECK(from_file(file).value.exporting.batch_size == 1);
    CHECK(from_file(file, env).value.exporting.batch_size == 2);
    CHECK(from_file(file, env, {"export.batch_size=3"}).value.exporting.batch_size == 3);
    CHECK(from_sets({"export.batch_size=3", "export.batch_size=4"}).value.exporting.batch_size == 4);
}

TEST_CASE("settings: each environment variable sets its key", "[settings]") {
    auto const loaded = from_sets({}, fixed({{"JSON_OUTPUT_DIR", "/srv/json/"},
                                             {"SCHEMA_DIR", "/srv/schemas"},
                                             {"LOG_LEVEL", "WARN"},
                                             {"DBNAME_DWH", "other"}}));
    CHECK(loaded.mistakes.empty());
    CHECK(loaded.value.output.directory == "/srv/json");
    CHECK(loaded.value.exporting.schema_dir == "/srv/schemas");
    CHECK(loaded.value.log.threshold == logging::level::warning);
    CHECK(loaded.value.database.conninfo == "dbname='other'");
}

TEST_CASE("settings: what the export script's own environment says means what it means there", "[settings]") {
    auto const loaded = from_sets({}, fixed({{"JSON_EXPORT_BATCH_SIZE", "0"}, {"JSON_OUTPUT_DIR", "./output/json"}}));
    CHECK(texts(loaded) == list{});
    CHECK(to_export_config(loaded.value).batch_size == std::numeric_limits<int>::max());
    CHECK(loaded.value.output.directory == std::filesystem::current_path() / "output/json");
    CHECK(texts_of_set("output.directory=./output/json").size() == 1); // a file means the same wherever it is read
    CHECK(texts_of_set("export.batch_size=-1").size() == 1);
}

TEST_CASE("settings: an empty environment variable counts as not set", "[settings]") {
    CHECK(from_sets({}, fixed({{"LOG_LEVEL", ""}, {"DBNAME_DWH", ""}})).value == test::default_settings());
}

TEST_CASE("settings: DBNAME_DWH replaces only the database name", "[settings]") {
    auto const env = fixed({{"DBNAME_DWH", "it's"}});
    temp_file const pairs{"[database]\nconninfo = host=db1 dbname=old password='a b\\\\c'\n"};
    CHECK(from_file(pairs, env).value.database.conninfo == R"(dbname='it\'s' password='a b\\c' host='db1')");
    temp_file const uri{"[database]\nconninfo = postgresql://me:pw@db1:5433/old\n"};
    CHECK(from_file(uri, env).value.database.conninfo ==
          R"(dbname='it\'s' user='me' password='pw' host='db1' port='5433')");
}

TEST_CASE("settings: every mistake is reported at once with its origin", "[settings]") {
    temp_file const file{"key = 1\n[schedule]\ndebounce = 5 potatoes\nno equals sign\n[broken\n"
                         "[schedule]\npoll_interval = 60\nmax_delay = 1s\nmax_delay = 2s\n"};
    auto const loaded = from_file(file, fixed({{"JSON_EXPORT_BATCH_SIZE", "many"}}), {"export.workers=17"});
    auto const& name = file.name();
    CHECK(texts(loaded) ==
          list{name + ":1: key key stands before any [section]", name + ":4: no '=' in the line (write key = value)",
               name + ":5: malformed section (write [section] on a line of its own)",
               name + ":9: [schedule] max_delay: already set at " + name + ":8",
               name + ":3: [schedule] debounce: \"5 potatoes\" is not a duration (write 500ms, 10s, 5min, 6h)",
               name + ":7: [schedule] poll_interval: \"60\" has no unit (write 500ms, 10s, 5min, 6h)",
               "environment JSON_EXPORT_BATCH_SIZE: \"many\" is not a number from 0 to 1000000",
               "--set export.workers: \"17\" is not a number from 1 to 16"});
}

TEST_CASE("settings: unknown names come with the nearest known one", "[settings]") {
    temp_file const file{"[shedule]\ndebounce = 1s\n[export]\nworker = 1\nlevel = info\n[zzzzzz]\n"};
    auto const& name = file.name();
    CHECK(texts(from_file(file)) == list{name + ":1: unknown section [shedule]; did you mean \"schedule\"?",
                                         name + ":6: unknown section [zzzzzz]",
                                         name + ":4: [export] worker: unknown key; did you mean \"workers\"?",
                                         name + ":5: [export] level: unknown key; did you mean [log] level?"});
    CHECK(texts_of_set("export.worker=1") ==
          list{"--set export.worker: unknown setting; did you mean \"export.workers\"?"});
    CHECK(texts_of_set("debounce=1s") == list{"--set debounce: unknown setting; did you mean \"schedule.debounce\"?"});
}

TEST_CASE("settings: a text without section.key=value is a mistake", "[settings]") {
    CHECK(texts_of_set("export.workers") == list{"--set: no setting named before '=' (write section.key=value)"});
}

TEST_CASE("settings: durations take units and refuse bare numbers", "[settings]") {
    auto const parse = duration_or_off(1ms, 1000h);
    CHECK(parse("500ms") == 500ms);
    CHECK(parse("10s") == 10s);
    CHECK(parse("5min") == 5min);
    CHECK(parse("5m") == 5min);
    CHECK(parse("6h") == 6h);
    CHECK(parse("0") == 0ms);
    for (auto const* bad : {"", "5", "5d", "-5s", "+5s", "1.5h", "5 s", "s", "99999999999999999h", "1001h"}) {
        CHECK_THROWS_AS(parse(bad), bad_value);
    }
}

TEST_CASE("settings: a duration out of range names the range", "[settings]") {
    CHECK(texts_of_set("schedule.poll_interval=500ms") ==
          list{"--set schedule.poll_interval: \"500ms\" is out of range (0 for off, or 1s to 24h)"});
    CHECK(from_sets({"schedule.poll_interval=0"}).value.schedule.poll_interval == 0ms);
    CHECK(from_sets({"schedule.debounce=0"}).value.schedule.debounce == 0ms);
}

TEST_CASE("settings: sizes have a unit of 1000 or are 0", "[settings]") {
    auto const parse = size_or_off(1'000, 1'000'000'000'000);
    CHECK(parse("0") == 0);
    CHECK(parse("1kB") == 1'000);
    CHECK(parse("100MB") == 100'000'000);
    CHECK(parse("1000GB") == 1'000'000'000'000);
    for (auto const* bad : {"", "100", "MB", "1.5MB", "-1MB", "1 MB", "1KB", "1MiB", "1mb", "0kB", "1001GB",
                            "99999999999999999999GB", "18446744073709551615GB"}) {
        INFO(bad);
        CHECK_THROWS_AS(parse(bad), bad_value);
    }
    CHECK(test::default_settings().exporting.index_max_size == 100'000'000);
    CHECK(texts_of_set("export.index_max_size=100") ==
          list{"--set export.index_max_size: \"100\" is not a size (write 500kB, 100MB, 2GB)"});
    CHECK(texts_of_set("export.index_max_size=2000GB") ==
          list{"--set export.index_max_size: \"2000GB\" is out of range (0 for off, or 1kB to 1000GB)"});
    CHECK(to_size_text(1'500'000) == "1500kB");
    CHECK(to_size_text(7) == "7");
}

TEST_CASE("settings: integers are whole and in range", "[settings]") {
    auto const parse = integer_between(1, 16);
    CHECK(parse("16") == 16);
    for (auto const* bad : {"", "0", "17", "2x", " 2", "+2", "99999999999999999999"}) {
        CHECK_THROWS_AS(parse(bad), bad_value);
    }
}

TEST_CASE("settings: words are read in upper and lower case, with the scripts' levels", "[settings]") {
    auto const level = [](std::string const& word) { return from_sets({"log.level=" + word}).value.log.threshold; };
    CHECK(level("TRACE") == logging::level::trace);
    CHECK(level("DEBUG") == logging::level::debug);
    CHECK(level("Warning") == logging::level::warning);
    CHECK(level("WARN") == logging::level::warning);
    CHECK(level("ERROR") == logging::level::error);
    CHECK(level("FATAL") == logging::level::error);
    CHECK(from_sets({"export.validation=strict"}).value.exporting.validation == validation_mode::strict);
    CHECK(texts_of_set("log.format=xml") == list{"--set log.format: \"xml\" is not one of text, json"});
}

TEST_CASE("settings: schema and channel are plain PostgreSQL names", "[settings]") {
    CHECK(parse_identifier("_dwh2") == "_dwh2");
    CHECK(parse_identifier(std::string(63, 'a')).size() == 63);
    for (auto const& bad : {std::string{}, std::string{"2a"}, std::string{"a-b"}, std::string{"Dwh"},
                            std::string{"a;b"}, std::string(64, 'a')}) {
        CHECK_THROWS_AS(parse_identifier(bad), bad_value);
    }
}

TEST_CASE("settings: paths are absolute, in normal form and without comments", "[settings]") {
    CHECK(parse_absolute_path("/a/b/../c/") == "/a/c");
    CHECK(parse_optional_path("").empty());
    CHECK(parse_file_path(".json_export_version") == ".json_export_version");
    for (auto const* bad : {"", "json", "\"/a\"", "/a # tree"}) {
        CHECK_THROWS_AS(parse_absolute_path(bad), bad_value);
    }
    for (auto const* bad : {"", "../x", "a/../../x", ".", "dir/"}) {
        CHECK_THROWS_AS(parse_file_path(bad), bad_value);
    }
}

TEST_CASE("settings: a comment after a value is explained", "[settings]") {
    temp_file const file{"[schedule]\npoll_interval = 60s # every minute\n[export]\nworkers = 3\t# three\n"
                         "[output]\ndirectory = /srv/json # tree\n[hooks]\nafter_publish = true # well\n"
                         "[database]\nconninfo = dbname=a # b\n"};
    auto const found = from_file(file).mistakes;
    REQUIRE(found.size() == 4); // a shell command may have one
    for (auto const& m : found)
        CHECK(
            m.what.ends_with("(a '#' after a value, and what follows it, is part of the value: comments go on lines of "
                             "their own)"));
}

TEST_CASE("settings: debounce may not be longer than max_delay", "[settings]") {
    CHECK(texts(from_sets({"schedule.debounce=11s"})) ==
          list{"--set schedule.debounce: debounce 11s is longer than max_delay 10s"});
    CHECK(from_sets({"schedule.debounce=11s", "schedule.max_delay=11s"}).mistakes.empty());
}

TEST_CASE("settings: a delay that cannot be read is not compared", "[settings]") {
    CHECK(texts(from_sets({"schedule.debounce=11s", "schedule.max_delay=x"})).size() == 1);
}

TEST_CASE("settings: no mistake shows a connection string", "[settings]") {
    auto const env = fixed({{"DBNAME_DWH", "x"}});
    temp_file const file{"[database]\nconninfo = host=db password=hunter2 oops\npassword hunter2\n"
                         "conninfo host=db pass word=hunter2\nconninfo = hunter2\n"};
    auto const loaded = from_file(file, env,
                                  {"database.conninfo=password=hunter2 oops", "database.conninfo hunter2=1",
                                   "host=db password=hunter2", "postgresql://me:hunter2@db/x?a=b", "hunter2"});
    CHECK(loaded.mistakes.size() == 9);
    for (auto const& text : texts(loaded)) {
        CHECK(text.find("hunter2") == std::string::npos);
    }
}

TEST_CASE("settings: hostile values come out escaped and cut", "[settings]") {
    auto const shown = texts_of_set("export.workers=\x1b[31m\n" + std::string(1000, 'x')).at(0);
    CHECK(shown.find("\\x1b[31m\\nxxx") != std::string::npos);
    CHECK(shown.size() < 250);
}

TEST_CASE("settings: the mode of a log file is octal, for its owner to write and nobody else to change", "[settings]") {
    CHECK(from_sets({}).value.log.file_mode == 0640);
    CHECK(from_sets({"log.file_mode=0644"}).value.log.file_mode == 0644);
    CHECK(from_sets({"log.file_mode=600"}).value.log.file_mode == 0600);
    for (auto const* const wrong : {"", "0666", "0444", "0755", "4640", "0648", "u=rw", "-640", "0640 ", "00640"})
        CHECK(texts_of_set(std::string{"log.file_mode="} + wrong).size() == 1);
    CHECK(
        texts_of_set("log.file_mode=0666") ==
        list{
            "--set log.file_mode: \"0666\" is not the mode of a log file (write it in octal: 0600, 0640, 0644, 0664)"});
}

TEST_CASE("settings: a hook has a limit in any case", "[settings]") {
    CHECK(from_sets({}).value.hooks.timeout == 10min);
    CHECK(from_sets({"hooks.timeout=2h"}).value.hooks.timeout == 2h);
    for (auto const* const wrong : {"0", "500ms", "25h", "60"})
        CHECK(texts_of_set(std::string{"hooks.timeout="} + wrong).size() == 1);
}

TEST_CASE("settings: control characters in the file are a mistake", "[settings]") {
    temp_file const file{std::string{"\xEF\xBB\xBF[log]\r\nlevel = debug\r\nfile = /a\x1b\n"}};
    auto const loaded = from_file(file);
    CHECK(texts(loaded) == list{file.name() + ":3: the line holds a control character"});
    CHECK(loaded.value.log.threshold == logging::level::debug);
}

TEST_CASE("settings: a value keeps what looks like a comment or a second '='", "[settings]") {
    temp_file const file{"# c\n ; c\n[database]\nconninfo = dbname=a password=x#y;z\n"};
    auto const loaded = from_file(file);
    CHECK(loaded.mistakes.empty());
    CHECK(loaded.value.database.conninfo == "dbname=a password=x#y;z");
}

TEST_CASE("settings: a switch takes the usual words and no other", "[settings]") {
    CHECK_FALSE(test::default_settings().running.standby);
    CHECK(from_sets({"run.standby=true"}).value.running.standby);
    CHECK_FALSE(from_sets({"run.standby=true", "run.standby=OFF"}).value.running.standby);
    CHECK(texts_of_set("run.standby=1") == list{"--set run.standby: \"1\" is not one of true, false"});
}

TEST_CASE("settings: shards are those of the users' index", "[settings]") {
    auto const datasets_of = [](std::initializer_list<char const*> sets) {
        return to_export_config(from_sets({sets.begin(), sets.end()}).value).datasets;
    };
    for (auto const& d : datasets_of({}))
        CHECK_FALSE(d.shards.make);
    auto const with = datasets_of({"dataset.users.shards=yes", "dataset.users.top=5"});
    CHECK(with[0].shards.make);
    CHECK(with[0].shards.top == 5);
    CHECK_FALSE(with[1].shards.make);
    CHECK(texts_of_set("dataset.users.top=0") ==
          list{"--set dataset.users.top: \"0\" is not a number from 1 to 100000"});
    CHECK(texts_of_set("dataset.users.shards=1") ==
          list{"--set dataset.users.shards: \"1\" is not one of true, false"});
}

TEST_CASE("settings: only some changes need a restart", "[settings]") {
    auto const before = test::default_settings();
    CHECK(needs_restart(before, before).empty());
    auto const hot = from_sets({"schedule.debounce=1s", "schedule.max_delay=2s", "schedule.poll_interval=0",
                                "schedule.full_interval=1h", "schedule.full_request_interval=0", "log.level=debug",
                                "log.format=json", "log.file=/x", "export.validation=off", "export.batch_size=1",
                                "export.schema_dir=/x", "export.index_max_size=0", "output.metadata_heartbeat=1h",
                                "database.runs_retention=0", "database.read_wait=1s", "feed.publish=true",
                                "feed.retention=0", "hooks.after_publish=git push # x"});
    CHECK(hot.mistakes.empty());
    CHECK(needs_restart(before, hot.value).empty());
    auto const cold =
        from_sets({"database.conninfo=dbname=x", "database.read_conninfo=host=x", "database.password_file=/x",
                   "database.schema=x", "database.channel=x", "output.directory=/x", "output.version_file=x",
                   "output.precompress=br", "output.gzip_level=1", "output.brotli_level=1", "export.workers=1",
                   "run.standby=yes", "http.listen=[::1]:1"});
    CHECK(needs_restart(before, cold.value) ==
          list{"database.conninfo", "database.read_conninfo", "database.password_file", "database.schema",
               "database.channel", "output.directory", "output.version_file", "output.precompress", "output.gzip_level",
               "output.brotli_level", "export.workers", "run.standby", "http.listen"});
}

TEST_CASE("settings: a reload takes over every setting but those that need a restart", "[settings]") {
    auto running = test::default_settings();
    auto const next =
        from_sets({"database.channel=x", "database.runs_retention=1h", "database.read_wait=1s",
                   "output.metadata_heartbeat=1h", "export.index_max_size=1MB", "export.workers=3", "log.level=debug",
                   "feed.publish=true", "feed.retention=1h", "hooks.after_publish=git push"});
    take_over(running, next.value);
    CHECK(running.database.channel == "osm_notes_export");
    CHECK(running.exporting.workers == 2);
    for (auto const& key : known_keys()) {
        INFO(key.full_name());
        CHECK(key.same(running, key.when == takes_effect::on_reload ? next.value : test::default_settings()));
    }
}

TEST_CASE("settings: the sample file lists every key with its default", "[settings]") {
    std::ifstream sample{EXPORTD_SOURCE_DIR "/conf/osm-notes-exportd.conf"};
    REQUIRE(sample);
    std::string text;
    for (std::string line; std::getline(sample, line);) {
        bool const key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
        text += (key ? line.substr(1) : line) + '\n';
    }
    auto const parsed = parse_config(text, "sample");
    CHECK(parsed.mistakes.empty());
    list found;
    for (auto const& entry : parsed.entries) {
        found.push_back(entry.section + "." + entry.key + "=" + (entry.key == "schema_dir" ? "" : entry.value));
    }
    list expected; // where the schemas are depends on the installation
    for (auto const& key : known_keys()) {
        expected.push_back(key.full_name() + "=" + (key.name == "schema_dir" ? "" : std::string{key.default_text}));
    }
    CHECK(found == expected);
}

TEST_CASE("settings: the version file is none that the program writes", "[settings]") {
    for (std::string const bad :
         {"metadata.json", "./metadata.json", ".exportd/lock", ".exportd", "changes/state.json", "x.gz"}) {
        INFO(bad);
        CHECK(texts_of_set("output.version_file=" + bad).size() == 1);
    }
    for (std::string const good : {".json_export_version", "version", "/srv/script/metadata.json"}) {
        INFO(good);
        CHECK(texts_of_set("output.version_file=" + good).empty());
    }
}
