#include "settings/keys.hpp"

#include "settings/dataset_syntax.hpp"
#include "settings/masked.hpp"
#include "settings/shown_value.hpp"
#include "settings/values.hpp"
#include "settings/words.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#ifndef EXPORTD_SCHEMA_DIR
#error "EXPORTD_SCHEMA_DIR must name the directory the JSON schemas are installed in"
#endif

namespace exportd {

namespace {

using namespace std::chrono_literals;

value_parser<validation_mode> validation_word() {
    using enum validation_mode;
    return one_of<validation_mode>("quarantine, strict, off",
                                   {{"quarantine", quarantine}, {"strict", strict}, {"off", off}});
}

/// Also takes the spellings of the export scripts: WARN, FATAL.
value_parser<logging::level> level_word() {
    using enum logging::level;
    return one_of<logging::level>("trace, debug, info, warning, error", {{"trace", trace},
                                                                         {"debug", debug},
                                                                         {"info", info},
                                                                         {"warning", warning},
                                                                         {"warn", warning},
                                                                         {"error", error},
                                                                         {"fatal", error}});
}

value_parser<logging::format> format_word() {
    return one_of<logging::format>("text, json", {{"text", logging::format::text}, {"json", logging::format::json}});
}

/// The member of a group of settings, and the parser of its text.
template <class Group, class T>
struct target {
    Group settings::*group;
    T Group::*member;
    value_parser<T> parse;
};
template <class Group, class T, class Parser>
target(Group settings::*, T Group::*, Parser) -> target<Group, T>;

/// What a row says besides the types.
struct words {
    std::string_view section, name, default_text, help, environment = {};
};

template <class Group, class T>
key_info row(words const& w, takes_effect when, target<Group, T> to) {
    auto const assign = [to](settings& s, std::string_view text) { (s.*to.group).*to.member = to.parse(text); };
    auto const same = [to](settings const& a, settings const& b) {
        return (a.*to.group).*to.member == (b.*to.group).*to.member;
    };
    auto const copy = [to](settings& a, settings const& b) { (a.*to.group).*to.member = (b.*to.group).*to.member; };
    auto const show = [to](settings const& s) { return shown((s.*to.group).*to.member); };
    return {w.section, w.name, w.default_text, when, w.help, w.environment, assign, assign, same, copy, show};
}

constexpr auto on_restart = takes_effect::on_restart;
constexpr auto on_reload = takes_effect::on_reload;

key_info conninfo_row() {
    auto made = row({"database", "conninfo", "dbname=notes_dwh", "libpq connection string", "DBNAME_DWH"}, on_restart,
                    target{&settings::database, &database_settings::conninfo, parse_conninfo});
    made.show = [](settings const& s) { return masked_conninfo(s.database.conninfo); };
    // The variable holds a database name, not a connection string.
    made.assign_environment = [](settings& s, std::string_view dbname) {
        s.database.conninfo = with_dbname(s.database.conninfo, dbname);
    };
    return made;
}

key_info read_conninfo_row() {
    auto const parse = [](std::string_view text) { return text.empty() ? std::string{} : parse_conninfo(text); };
    auto made = row({"database", "read_conninfo", "", "libpq connection string of a standby to read from"}, on_restart,
                    target{&settings::database, &database_settings::read_conninfo, value_parser<std::string>{parse}});
    made.show = [](settings const& s) { return masked_conninfo(s.database.read_conninfo); };
    return made;
}

key_info directory_row() {
    auto made = row({"output", "directory", "/var/lib/osm-notes-exportd/json", "the published tree, an absolute path",
                     "JSON_OUTPUT_DIR"},
                    on_restart, target{&settings::output, &output_settings::directory, parse_absolute_path});
    // The export script takes ./output/json from where it is started, and so do we.
    made.assign_environment = [](settings& s, std::string_view directory) {
        std::error_code gone;
        auto const here = std::filesystem::current_path(gone);
        if (gone && std::filesystem::path{directory}.is_relative())
            throw bad_value{in_quotes(directory) +
                            " is relative, and the current directory cannot be told: " + gone.message()};
        s.output.directory = parse_absolute_path((here / directory).native());
    };
    return made;
}

using rows = std::vector<key_info>;

void add_database(rows& to) {
    using group = database_settings;
    to.push_back(conninfo_row());
    to.push_back(read_conninfo_row());
    to.push_back(row({"database", "read_wait", "10s", "wait so long until the standby has what the primary has"},
                     on_reload, target{&settings::database, &group::read_wait, duration_between(100ms, 10min)}));
    to.push_back(row({"database", "password_file", "", "file with the password, read at each connection"}, on_restart,
                     target{&settings::database, &group::password_file, parse_optional_path}));
    to.push_back(row({"database", "schema", "dwh", "schema of the datamart tables"}, on_restart,
                     target{&settings::database, &group::schema, parse_identifier}));
    to.push_back(row({"database", "channel", "osm_notes_export", "channel of the ETL's NOTIFY"}, on_restart,
                     target{&settings::database, &group::channel, parse_identifier}));
    to.push_back(row({"database", "runs_retention", "2160h", "keep rows of json_export_runs this long (0: for ever)"},
                     on_reload, target{&settings::database, &group::runs_retention, duration_or_off(1h, 87600h)}));
}

/// Relative ones are in the output directory, where some names are taken.
std::filesystem::path parse_version_file(std::string_view text) {
    auto path = parse_file_path(text);
    if (path.is_relative())
        refuse_reserved(path.native());
    return path;
}

/// `off`, or some of gzip and br, with commas between them.
notes_export::compressions parse_precompress(std::string_view text) {
    notes_export::compressions all;
    if (text == "off")
        return all;
    auto const bad = bad_value{in_quotes(text) + " is neither off nor a list of gzip and br"};
    for (auto rest = std::optional{text}; rest;) {
        auto const comma = rest->find(',');
        auto word = rest->substr(0, comma);
        rest = comma == std::string_view::npos ? std::nullopt : std::optional{rest->substr(comma + 1)};
        while (word.starts_with(' ') || word.starts_with('\t'))
            word.remove_prefix(1);
        while (word.ends_with(' ') || word.ends_with('\t'))
            word.remove_suffix(1);
        if (word != "gzip" && word != "br")
            throw bad;
        all.add(word == "gzip" ? notes_export::compression::gzip : notes_export::compression::brotli);
    }
    return all;
}

void add_twins(rows& to) {
    using group = output_settings;
    to.push_back(row(
        {"output", "precompress", "off", "compressed twins beside the files: gzip, br"}, on_restart,
        target{&settings::output, &group::precompress, value_parser<notes_export::compressions>{parse_precompress}}));
    to.push_back(row({"output", "gzip_level", "6", "of twins, 1 to 12"}, on_restart,
                     target{&settings::output, &group::gzip_level, integer_between(1, 12)}));
    to.push_back(row({"output", "brotli_level", "5", "of twins, 0 to 11 (of indexes 9 at most)"}, on_restart,
                     target{&settings::output, &group::brotli_level, integer_between(0, 11)}));
}

void add_output(rows& to) {
    using group = output_settings;
    to.push_back(directory_row());
    to.push_back(row({"output", "version_file", ".json_export_version", "file with the semantic version of the export"},
                     on_restart, target{&settings::output, &group::version_file, parse_version_file}));
    to.push_back(row({"output", "metadata_heartbeat", "6h", "write metadata.json at least this often (0: off)"},
                     on_reload, target{&settings::output, &group::metadata_heartbeat, duration_or_off(1s, 8760h)}));
    add_twins(to);
}

void add_schedule(rows& to) {
    using group = schedule_settings;
    to.push_back(row({"schedule", "debounce", "500ms", "wait this long after the last notification"}, on_reload,
                     target{&settings::schedule, &group::debounce, duration_between(0ms, 1h)}));
    to.push_back(row({"schedule", "max_delay", "10s", "but no longer than this after the first one"}, on_reload,
                     target{&settings::schedule, &group::max_delay, duration_between(0ms, 24h)}));
    to.push_back(row({"schedule", "poll_interval", "60s", "look for pending rows without a notification (0: off)"},
                     on_reload, target{&settings::schedule, &group::poll_interval, duration_or_off(1s, 24h)}));
    to.push_back(row({"schedule", "full_interval", "24h", "full export this often (0: off)"}, on_reload,
                     target{&settings::schedule, &group::full_interval, duration_or_off(1min, 8760h)}));
    to.push_back(
        row({"schedule", "full_request_interval", "1m", "grant a NOTIFY that asks for a full export this often"},
            on_reload, target{&settings::schedule, &group::full_request_interval, duration_between(0ms, 24h)}));
}

void add_export(rows& to) {
    using group = export_settings;
    to.push_back(row({"export", "workers", "2", "threads that render and check, 1 to 16"}, on_restart,
                     target{&settings::exporting, &group::workers, integer_between(1, 16)}));
    to.push_back(row({"export", "batch_size", "10000", "profiles published at a time, 1 to 1000000 (0: no limit)",
                      "JSON_EXPORT_BATCH_SIZE"},
                     on_reload, target{&settings::exporting, &group::batch_size, integer_between(0, 1'000'000)}));
    to.push_back(row({"export", "index_max_size", "100MB", "do not publish a larger index (0: no limit)"}, on_reload,
                     target{&settings::exporting, &group::index_max_size, size_or_off(1'000, 1'000'000'000'000)}));
    to.push_back(row({"export", "validation", "quarantine", "quarantine, strict or off"}, on_reload,
                     target{&settings::exporting, &group::validation, validation_word()}));
    to.push_back(row({"export", "schema_dir", EXPORTD_SCHEMA_DIR, "directory of the JSON schemas", "SCHEMA_DIR"},
                     on_reload, target{&settings::exporting, &group::schema_dir, parse_absolute_path}));
    to.push_back(row({"export", "built_in", "true", "export users, countries and global statistics: true or false"},
                     on_restart, target{&settings::exporting, &group::built_in, boolean_word()}));
}

void add_run(rows& to) {
    to.push_back(row({"run", "standby", "false", "wait while another instance is at work: true or false"}, on_restart,
                     target{&settings::running, &run_settings::standby, boolean_word()}));
}

void add_log(rows& to) {
    using group = logging::config;
    to.push_back(row({"log", "level", "info", "trace, debug, info, warning or error", "LOG_LEVEL"}, on_reload,
                     target{&settings::log, &group::threshold, level_word()}));
    to.push_back(row({"log", "format", "text", "text or json"}, on_reload,
                     target{&settings::log, &group::style, format_word()}));
    to.push_back(row({"log", "file", "", "append to this file (empty: stderr)"}, on_reload,
                     target{&settings::log, &group::file, parse_optional_path}));
    to.push_back(row({"log", "file_mode", "0640", "mode of that file when it is made, in octal"}, on_reload,
                     target{&settings::log, &group::file_mode, value_parser<unsigned>{parse_log_mode}}));
}

void add_http(rows& to) {
    to.push_back(row({"http", "listen", "", "status page and metrics: 127.0.0.1:9847 or unix:/path (empty: off)"},
                     on_restart, target{&settings::http, &http_settings::listen, parse_listen_address}));
}

void add_feed(rows& to) {
    using group = feed_settings;
    to.push_back(row({"feed", "publish", "false", "change lists below changes/ for everybody: true or false"},
                     on_reload, target{&settings::feed, &group::publish, boolean_word()}));
    to.push_back(row({"feed", "retention", "168h", "keep change lists this long (0: make none)"}, on_reload,
                     target{&settings::feed, &group::retention, duration_or_off(1h, 87600h)}));
}

void add_hooks(rows& to) {
    auto const as_it_is = [](std::string_view text) { return std::string{text}; };
    to.push_back(row({"hooks", "after_publish", "", "shell command to run after a publication (empty: none)"},
                     on_reload,
                     target{&settings::hooks, &hook_settings::after_publish, value_parser<std::string>{as_it_is}}));
    to.push_back(row({"hooks", "timeout", "10m", "end a command that takes longer, 1s to 24h"}, on_reload,
                     target{&settings::hooks, &hook_settings::timeout, duration_between(1s, 24h)}));
}

} // namespace

std::span<key_info const> known_keys() {
    static rows const table = [] {
        rows all;
        add_database(all);
        add_output(all);
        add_schedule(all);
        add_export(all);
        add_run(all);
        add_log(all);
        add_http(all);
        add_feed(all);
        add_hooks(all);
        return all;
    }();
    return table;
}

} // namespace exportd
