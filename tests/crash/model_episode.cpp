#include "crash/model_episode.hpp"

#include "crash/model_oracle.hpp"
#include "crash/model_truth.hpp"

#include <algorithm>
#include <iterator>
#include <rapidjson/document.h>
#include <set>
#include <sstream>

namespace model {

namespace {

constexpr auto copy_name = "model_copy";

std::string lines(std::vector<std::string> const& all) {
    constexpr std::size_t shown = 12;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, all.size()); ++i)
        text += "\n  " + all[i];
    return text + (all.size() > shown ? "\n  and " + std::to_string(all.size() - shown) + " more" : "");
}

std::map<std::string, test::file_identity> identities(std::filesystem::path const& tree) {
    std::map<std::string, test::file_identity> found;
    for (auto const& [path, unused] : test::contents_of(tree))
        found.emplace(path, test::identity(tree / path));
    return found;
}

/// Somebody's trigger changes what our mark touches, and the program has said so: then it is up to the operator. The
/// one that writers make changes a row only once.
bool says_that_marks_change_rows(std::string const& output) {
    std::istringstream all{output};
    for (std::string line; std::getline(all, line);)
        if (line.starts_with("warning: ") && line.find("datamartusers") != std::string::npos &&
            line.find("trigger") != std::string::npos && line.find("mark") != std::string::npos)
            return true;
    return false;
}

/// What `status --json` says against what a fresh export found: nothing is pending, and the refused rows are those.
std::vector<std::string> status_complaints(std::string const& json, refusals const& refused) {
    std::vector<std::string> found;
    rapidjson::Document d;
    d.Parse(json.c_str());
    if (!d.IsObject())
        return {"status --json is no JSON: " + json};
    for (auto const& dataset : d["datasets"].GetArray())
        if (dataset["pending"].GetInt64() != 0)
            found.push_back("status: " + std::to_string(dataset["pending"].GetInt64()) + ' ' +
                            dataset["name"].GetString() + " pending");
    std::map<std::string, std::set<std::int64_t>> held;
    for (auto const& row : d["quarantine"].GetArray())
        held[row["dataset"].GetString()].insert(row["id"].GetInt64());
    if (held != refused.rows)
        found.push_back("status: the refused rows are not those that a fresh export refuses");
    return found;
}

} // namespace

episode::episode(world& w, model::shape s) : m_world{w}, m_shape{std::move(s)}, m_database{"model_live"} {
    w.copy_database(w.template_for(m_shape), m_database);
    for (int i = 0; i < writers; ++i)
        m_writers.push_back(std::make_unique<session>(w.conninfo(m_database)));
    m_program.emplace(m_root.path(), settings_for(m_database), m_shape.daemon);
    auto const first = m_program->run({"once", "--full"});
    if (first.status != 0)
        throw failure{"the first export failed: " + first.text()};
    m_reader.emplace(m_program->tree(), m_shape.view != "materialized");
}

episode::~episode() = default;

test::daemon_settings episode::settings_for(std::string const& database) const {
    test::daemon_settings settings{.conninfo = m_world.conninfo(database), .directory = m_root / "json"};
    if (m_shape.exporter_role) {
        auto const user = std::string{"user=postgres"};
        settings.conninfo.replace(settings.conninfo.find(user), user.size(), "user=osm_notes_exporter");
    }
    settings.debounce = "20ms";
    settings.max_delay = "200ms";
    settings.log_level = "info";
    return settings;
}

void episode::perform(action const& a) {
    m_last_error.clear();
    switch (a.what) {
    case action::kind::sql:
        if (!writer(a.session).exec(a.text))
            m_last_error = writer(a.session).error();
        break;
    case action::kind::script:
        run_script(a.text);
        break;
    case action::kind::cycle:
        m_program->begin_cycle();
        break;
    case action::kind::kill_program:
        m_program->kill_cycle(a.ms);
        break;
    case action::kind::terminate:
        terminate_session(a.ms);
        break;
    case action::kind::terminate_writer:
        session{m_world.conninfo("postgres")}.exec("SELECT pg_terminate_backend(" +
                                                   std::to_string(writer(a.session).backend()) + ", 5000)");
        break;
    case action::kind::crash_server:
        crash_server();
        break;
    case action::kind::quiet:
        quiet();
        break;
    }
}

// It would wait for a transaction of ours, for ever, or fail after a while as one that was never tried.
void episode::run_script(std::string const& command) {
    bool const in_the_way = std::ranges::any_of(m_writers, [](auto const& w) { return w->in_transaction(); }) ||
                            writer(0).value("SELECT 1 FROM pg_prepared_xacts WHERE database = current_database()");
    if (in_the_way)
        return;
    try {
        m_world.shell(m_database, command);
    } catch (std::runtime_error const& e) {
        m_last_error = e.what(); // a table that it names is away just now
    }
}

void episode::terminate_session(int number) {
    session{m_world.conninfo("postgres")}.exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'osm-notes-exportd%'"
        " ORDER BY pid OFFSET " +
        std::to_string(number) + " LIMIT 1");
}

void episode::crash_server() {
    m_world.cluster().stop("immediate");
    m_world.cluster().start();
    for (auto& w : m_writers)
        if (!w->exec("SELECT 1") && !w->exec("SELECT 1"))
            fail("the server does not come back");
}

// What the plan has ended already is not there any more; a shortened one may have left it.
void episode::end_transactions() {
    for (auto& w : m_writers)
        if (w->in_transaction())
            w->exec("ROLLBACK");
    for (auto const& name : writer(0).values("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()"))
        writer(0).exec("ROLLBACK PREPARED '" + name + "'");
    for (auto const& w : m_writers)
        if (!w->hindrances().empty())
            fail("a statement of the warehouse was hindered:" + lines(w->hindrances()));
}

void episode::quiet() {
    end_transactions();
    auto cycle = m_program->quiet_cycle();
    if (cycle.status != 0)
        fail("the quiet cycle failed: " + cycle.text());
    m_program->stop();
    if (cycle.output.find("shrink guard") != std::string::npos)
        forced_export("the shrink guard");
    else if (says_that_marks_change_rows(cycle.output))
        forced_export("a mark that changes the row");
    check(cycle);
    check_nothing_to_do();
    if (auto const complaints = m_reader->complaints(); !complaints.empty())
        fail("a reader saw what must not be:" + lines(complaints));
}

void episode::forced_export(std::string const& why) {
    auto const forced = m_program->run({"once", "--full", "--force"});
    if (forced.status != 0)
        fail("once --full --force after " + why + ": " + forced.text());
}

// The copy keeps the flags, so that the fresh export leaves no trace in the database that is watched.
void episode::check(program::ended const& cycle) {
    for (auto& w : m_writers)
        w->disconnect();
    m_world.copy_database(m_database, copy_name);
    session copy{m_world.conninfo(copy_name)};
    auto const truth = possible(copy);
    copy.disconnect();
    for (auto& w : m_writers)
        w->connect();
    auto settings = settings_for(copy_name);
    settings.directory = m_root / ("fresh-" + std::to_string(m_fresh++));
    std::filesystem::create_directory(settings.directory);
    std::filesystem::copy_file(m_program->tree() / ".json_export_version", settings.directory / ".json_export_version");
    auto const fresh = m_program->run({"once", "--full", "--force"}, settings);
    if (fresh.status != 0)
        fail("the fresh export failed: " + fresh.text());
    auto const refused = refusals::in(fresh.output);
    auto const fresh_tree = test::contents_of(settings.directory);
    auto found = differences(test::contents_of(m_program->tree()), fresh_tree, refused);
    std::ranges::move(untruths(fresh_tree, truth, refused), std::back_inserter(found));
    auto const verify = m_program->run({"verify"});
    auto const state = m_program->run({"status", "--json"});
    std::ranges::move(status_complaints(state.output, refused), std::back_inserter(found));
    if (verify.status != 0)
        found.push_back("verify: " + verify.text());
    std::filesystem::remove_all(settings.directory);
    if (!found.empty())
        fail("the tree is not as in a fresh export:" + lines(found) + "\nthe quiet cycle: " + cycle.text() +
             "the fresh export: " + fresh.text());
}

void episode::check_nothing_to_do() {
    auto const before = identities(m_program->tree());
    auto const second = m_program->run({"once"});
    if (second.status != 0)
        fail("the second quiet cycle failed: " + second.text());
    auto const touched = test::touched(before, identities(m_program->tree()));
    if (!touched.empty())
        fail("a second quiet cycle touches files:" + lines({touched.begin(), touched.end()}) + '\n' + second.text());
}

void episode::fail(std::string const& what) const {
    throw failure{what};
}

} // namespace model
