#include "crash/soak_world.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sched.h>
#include <stdexcept>
#include <sys/mount.h>
#include <unistd.h>

namespace soak {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

int draw(std::mt19937_64& random, int n) {
    return static_cast<int>(random() % static_cast<unsigned>(n));
}

/// A file system for the tree alone, seen by this process and its children only, so that it ends with them.
bool mount_small_disk(fs::path const& at) {
    fs::create_directory(at);
    if (::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount("soak", at.c_str(), "tmpfs", 0, "size=16m") == 0)
        return true;
    std::cout << "no file system of its own for the tree (not root?): the disk will never be full\n";
    return false;
}

std::vector<fs::path> published_files(fs::path const& tree) {
    std::vector<fs::path> files;
    std::error_code error; // what goes meanwhile is not wanted
    for (auto it = fs::recursive_directory_iterator{tree, error}; it != fs::recursive_directory_iterator{};
         it.increment(error))
        if (it->is_regular_file(error) && it->path().extension() == ".json" &&
            it->path().string().find("/.exportd/") == std::string::npos)
            files.push_back(it->path());
    std::ranges::sort(files);
    return files;
}

} // namespace

world::world()
    : m_database{"small", m_cluster.host()},
      m_tree{m_root / "disk/json"},
      m_small_disk{mount_small_disk(m_root / "disk")} {
    m_database.exec("CREATE SCHEMA soak; CREATE TABLE soak.ledger (writer int, transaction bigint);"
                    " CREATE TABLE soak.pattern AS SELECT * FROM dwh.datamartusers ORDER BY user_id LIMIT 1");
    m_settings.conninfo = m_database.conninfo();
    m_settings.directory = m_tree;
    m_settings.debounce = "50ms";
    m_settings.max_delay = "300ms";
    m_settings.poll_interval = "2s";
    m_settings.log_level = "info";
    start_daemon();
}

PGconn* world::connect() const {
    PGconn* c = nullptr;
    test::wait_until(
        [&] {
            PQfinish(c);
            c = PQconnectdb(m_database.conninfo().c_str());
            return PQstatus(c) == CONNECTION_OK;
        },
        60s);
    if (PQstatus(c) != CONNECTION_OK)
        throw std::runtime_error{PQerrorMessage(c)};
    PQclear(PQexec(c, "SET lock_timeout = '2s'; SET client_min_messages = error"));
    return c;
}

std::vector<warehouse> world::initial(int writers) {
    std::vector<warehouse> parts(static_cast<std::size_t>(writers));
    auto const query = [&](std::string const& sql) {
        return std::unique_ptr<PGresult, void (*)(PGresult*)>{
            PQexec(std::unique_ptr<PGconn, void (*)(PGconn*)>{connect(), PQfinish}.get(), sql.c_str()), PQclear};
    };
    auto const part = [&](int row) -> warehouse& { return parts[static_cast<std::size_t>(row % writers)]; };
    auto const users = query("SELECT dimension_user_id, user_id, username, history_whole_open, history_whole_closed,"
                             " id_contributor_type FROM dwh.datamartusers ORDER BY 1");
    auto const text = [](auto const& r, int row, int column) { return std::string{PQgetvalue(r.get(), row, column)}; };
    auto const value = [&](auto const& r, int row, int column) { return std::stoi(text(r, row, column)); };
    for (int i = 0; i < PQntuples(users.get()); ++i)
        part(i).users.emplace(value(users, i, 0),
                              user_row{value(users, i, 0), value(users, i, 1), text(users, i, 2), value(users, i, 3),
                                       value(users, i, 4), value(users, i, 5), true});
    auto const countries = query("SELECT dimension_country_id, country_id, country_name, history_whole_open"
                                 " FROM dwh.datamartcountries ORDER BY 1");
    for (int i = 0; i < PQntuples(countries.get()); ++i)
        part(i).countries.emplace(value(countries, i, 0), country_row{value(countries, i, 0), value(countries, i, 1),
                                                                      text(countries, i, 2), value(countries, i, 3)});
    auto const types = query("SELECT contributor_type_id, contributor_type_name FROM dwh.contributor_types");
    for (int i = 0; i < PQntuples(types.get()); ++i)
        parts.front().contributor_types.emplace(value(types, i, 0), text(types, i, 1));
    parts.front().global_open = value(query("SELECT history_whole_open FROM dwh.datamartglobal"), 0, 0);
    return parts;
}

// Signals are for a daemon that is ready, as a service manager sees to.
void world::start_daemon() {
    m_daemon.emplace(m_root.path(), m_settings);
    m_daemon->wait_for_event("started");
}

void world::end_daemon(int signal, int status) {
    m_suspended.end_all(); // a session that is suspended would keep the lock
    m_daemon->process().signal(signal);
    auto const ended = m_daemon->process().wait_exit(60s);
    if (ended != status)
        throw std::runtime_error{"signal " + std::to_string(signal) + " ended the daemon with " +
                                 (ended ? std::to_string(*ended) : "nothing")};
    read_log();
}

void world::stop_daemon() {
    end_daemon(SIGTERM, 0);
}

// A cycle may fail and the listener may be lost; nothing else is an error in the daemon's own eyes.
void world::read_log() {
    for (auto const& record : m_daemon->log())
        if ((record.field("level") == "error" && record.event != "cycle_failed" && record.event != "listener_lost") ||
            record.event == "row_quarantined")
            m_unexplained.push_back(record.event + ": " + record.message + ' ' + record.field("error"));
}

std::optional<pid_t> world::some_backend(std::mt19937_64& random) {
    auto const n = draw(random, 1000);
    m_database.reconnect();
    auto const pid =
        m_database.value("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'osm-notes-exportd%'"
                         " ORDER BY pid OFFSET " +
                         std::to_string(n) +
                         " % greatest(1, (SELECT count(*) FROM pg_stat_activity"
                         " WHERE application_name LIKE 'osm-notes-exportd%')) LIMIT 1");
    return pid.empty() ? std::nullopt : std::optional{std::stoi(pid)};
}

void world::suspend_backend(std::mt19937_64& random, long step) {
    auto const steps = 50 + draw(random, 400);
    if (auto const pid = some_backend(random))
        m_suspended.add(*pid, step + steps);
}

void world::restart_server(std::string const& mode) {
    m_suspended.end_all();
    m_cluster.stop(mode);
    m_cluster.start();
}

void world::fault(std::mt19937_64& random, long step) {
    int const what = draw(random, 100);
    auto const make = [&](char const* name, auto&& action) {
        ++m_made[name];
        action();
    };
    if (what < 14)
        make("daemon killed", [&] { end_daemon(SIGKILL, -SIGKILL), start_daemon(); });
    else if (what < 22)
        make("daemon restarted", [&] { stop_daemon(), start_daemon(); });
    else if (what < 42)
        make("session terminated", [&] {
            if (auto const pid = some_backend(random))
                m_database.exec("SELECT pg_terminate_backend(" + std::to_string(*pid) + ")");
        });
    else if (what < 62)
        make("backend suspended", [&] { suspend_backend(random, step); });
    else if (what < 67)
        make("backend killed", [&] {
            if (auto const pid = some_backend(random))
                ::kill(*pid, SIGKILL);
        });
    else if (what < 72)
        make("server stopped at once", [&] { restart_server("immediate"); });
    else if (what < 76)
        make("server stopped", [&] { restart_server("fast"); });
    else if (what < 90)
        make("SIGUSR1", [&] { m_daemon->process().signal(SIGUSR1); });
    else
        make("disk full", [&] { fill_disk(step + 20 + draw(random, 200)); });
}

void world::damage(std::mt19937_64& random) {
    auto const files = published_files(m_tree);
    auto const pick = random();
    int const how = draw(random, 4);
    if (files.empty())
        return;
    auto const& file = files[pick % files.size()];
    std::error_code gone; // the daemon may be replacing it just now, and then it is whole anyway
    ++m_made["file damaged"];
    switch (how) {
    case 0:
        fs::remove(file, gone);
        break;
    case 1:
        fs::resize_file(file, 10, gone);
        break;
    case 2:
        std::ofstream{file, std::ios::app} << "{}";
        break;
    default:
        fs::remove_all(file.parent_path() == m_tree ? file : file.parent_path(), gone);
    }
    request_full();
}

void world::request_full() {
    ++m_made["SIGHUP"];
    m_daemon->process().signal(SIGHUP);
}

// The last block is written as well, so that not even a small file finds room.
void world::fill_disk(long until) {
    if (!m_small_disk)
        return;
    std::ofstream filler{m_root / "disk/filler", std::ios::binary};
    std::string const block(4096, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
    m_disk_full_until = until;
}

void world::free_disk() {
    std::error_code none;
    fs::remove(m_root / "disk/filler", none);
    m_disk_full_until.reset();
}

void world::go_on(long step) {
    m_suspended.end_at(step);
    if (m_disk_full_until && *m_disk_full_until <= step)
        free_disk();
    if (auto const status = m_daemon->process().wait_exit(0ms))
        throw std::runtime_error{"the daemon ended by itself: " + std::to_string(*status) + '\n' +
                                 m_daemon->process().errors()};
}

void world::mend() {
    m_suspended.end_all();
    free_disk();
    m_database.reconnect();
}

} // namespace soak
