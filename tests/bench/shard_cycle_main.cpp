// Cycles of one exporter with shards of the users' index: how long they take, what they write, how much memory.
//   shard_cycle CONNINFO DIRECTORY SCHEMA_DIR off|with|alone CHANGES CYCLES
// off: an index without shards; with: both; alone: shards without the index. Prints a line for each cycle; "wrote" is
// all that the process wrote to files, "peak" the most memory that it has had.
#include <notes_export/exporter.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <libpq-fe.h>
#include <memory>
#include <stdexcept>
#include <string>

using namespace notes_export;

namespace {

std::uint64_t figure(char const* file, std::string const& name) {
    std::ifstream in{file};
    std::string word;
    while (in >> word)
        if (word == name && in >> word)
            return std::stoull(word);
    return 0;
}

void exec(std::string const& conninfo, std::string const& sql) {
    std::unique_ptr<PGconn, decltype(&PQfinish)> const c{PQconnectdb(conninfo.c_str()), PQfinish};
    std::unique_ptr<PGresult, decltype(&PQclear)> const r{PQexec(c.get(), sql.c_str()), PQclear};
    if (PQresultStatus(r.get()) != PGRES_COMMAND_OK)
        throw std::runtime_error{PQerrorMessage(c.get())};
}

void run(exporter& one, std::string const& what) {
    auto const written = figure("/proc/self/io", "wchar:");
    auto const begin = std::chrono::steady_clock::now();
    auto const worked = std::clock();
    auto const report = one.run({});
    auto const time = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    auto const& users = report.datasets.at(0);
    auto const cpu = 1000.0 * static_cast<double>(std::clock() - worked) / CLOCKS_PER_SEC;
    std::cout << what << ": " << time << " ms (" << cpu << " of them this process worked), " << users.exported
              << " profiles, " << users.shards_written << " shards written, " << users.shards_removed
              << " removed, wrote " << figure("/proc/self/io", "wchar:") - written << " bytes, "
              << (users.index_merged ? "merged" : "anew") << ", resident " << figure("/proc/self/status", "VmRSS:")
              << " kB, peak " << figure("/proc/self/status", "VmHWM:") << " kB\n";
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 7)
        throw std::invalid_argument{"shard_cycle CONNINFO DIRECTORY SCHEMA_DIR off|with|alone CHANGES CYCLES"};
    export_config c;
    c.conninfo = argv[1];
    c.directory = argv[2];
    c.schema_dir = argv[3];
    std::string const kind = argv[4];
    auto& users = c.datasets.front();
    users.shards.make = kind != "off";
    if (kind == "alone")
        users.index_path.clear();
    c.index_max_size = 0;
    exporter one{c};
    run(one, "first");
    for (int i = 0; i < std::atoi(argv[6]); ++i) {
        exec(c.conninfo, "UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1 + " +
                             std::to_string(i) +
                             " WHERE dimension_user_id IN (SELECT dimension_user_id FROM dwh.datamartusers WHERE"
                             " user_id >= 1 ORDER BY hashint8extended(user_id, " +
                             std::to_string(i) + ") LIMIT " + argv[5] + ")");
        run(one, "cycle");
    }
    return 0;
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
