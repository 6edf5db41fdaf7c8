// The flow of the house, see lib/README.md: no include runs against it.
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

using names = std::set<std::string>;

/// A folder of sources, and the folders beside it whose headers it may include.
struct room {
    std::string name;
    names may_include;
};

/// Rooms stand behind all that they may include, so that there can be no circle. "" are the files beside the rooms.
std::vector<room> const library{
    {"files", {}},
    {"compress", {}},
    {"http", {}},
    {"pg", {}},
    {"source", {"pg"}},
    {"document", {"pg", "source"}},
    {"schema", {"document", "files"}},
    {"publish", {"files"}},
    {"twin", {"files", "compress", "publish"}},
    {"index", {"pg", "source", "document", "schema", "files", "publish"}},
    {"shard", {"document", "files", "publish", "index"}},
    {"feed", {"document", "files", "publish", "shard"}},
    {"cycle", {"pg", "source", "document", "schema", "files", "publish", "index", "shard", "feed", "twin"}},
    {"verify", {"pg", "source", "document", "schema", "files", "publish", "index", "shard", "feed", "twin", "cycle"}},
    {"check", {"pg", "source", "document", "schema", "files", "publish", "shard"}},
    {"mirror", {"document", "files", "compress", "schema", "publish", "shard", "feed", "http"}},
    {"",
     {"pg", "source", "document", "schema", "files", "publish", "twin", "index", "shard", "feed", "cycle", "verify",
      "check", "http", "mirror"}},
};
std::vector<room> const daemon_program{
    {"log", {}},
    {"schedule", {}},
    {"settings", {"log"}},
    {"listen", {"log", "schedule"}},
    {"cycles", {"log", "schedule"}},
    {"status", {"log", "settings", "listen", "cycles"}},
    {"http", {"log", "settings", "status"}},
    {"setup", {"log", "settings"}},
    {"command", {"log", "settings", "listen", "cycles", "status", "http", "setup"}},
    {"app", {"log", "schedule", "settings", "listen", "cycles", "status", "http"}},
    {"", {"log", "schedule", "settings", "listen", "cycles", "status", "http", "setup", "command", "app"}},
};
/// Beside the rooms, and for all of them: these include no room.
names const for_every_room{"pause.hpp",        "asio.hpp",        "exit_codes.hpp", "few_arenas.hpp",
                           "signal_state.hpp", "system_user.hpp", "systemd.hpp"};

/// What uses the rooms, and no room of the library may use.
names const for_no_room{"exporter.hpp", "preview.hpp", "publication_note.hpp"};

std::string folder_of(std::string const& path) {
    auto const slash = path.find('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::vector<std::string> includes_of(fs::path const& file) {
    static std::regex const include{R"re(\s*#\s*include\s*"([^"]+)".*)re"};
    std::vector<std::string> found;
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);)
        if (std::smatch m; std::regex_match(line, m, include))
            found.push_back(m[1]);
    return found;
}

bool is_source(fs::path const& file) {
    return file.extension() == ".hpp" || file.extension() == ".cpp";
}

/// "file includes header", for each that the table does not allow.
std::vector<std::string> wrong_includes(fs::path const& root, std::vector<room> const& table) {
    std::map<std::string, names> allowed;
    for (auto const& r : table)
        allowed.emplace(r.name, r.may_include);
    std::vector<std::string> wrong;
    for (auto const& entry : fs::recursive_directory_iterator{root}) {
        if (!is_source(entry.path()))
            continue;
        auto const file = entry.path().lexically_relative(root).string();
        auto const from = folder_of(file);
        if (!allowed.contains(from))
            wrong.push_back(file + " is in a room that the table lacks");
        for (auto const& header : includes_of(entry.path())) {
            auto const to = folder_of(header);
            bool const ours = to == from || to == "notes_export" || for_every_room.contains(header);
            if (!ours && !allowed[from].contains(to))
                wrong.push_back(file + " includes " + header);
        }
    }
    std::ranges::sort(wrong);
    return wrong;
}

fs::path source(char const* path) {
    return fs::path{EXPORTD_SOURCE_DIR} / path;
}

} // namespace

TEST_CASE("rooms: the table itself has no circle", "[house]") {
    for (auto const& table : {library, daemon_program}) {
        names before;
        for (auto const& r : table) {
            CHECK(std::ranges::includes(before, r.may_include));
            before.insert(r.name);
        }
    }
}

TEST_CASE("rooms: no include of the library runs against the flow", "[house]") {
    CHECK(wrong_includes(source("lib/src"), library) == std::vector<std::string>{});
}

TEST_CASE("rooms: no include of the daemon runs against the flow", "[house]") {
    CHECK(wrong_includes(source("daemon"), daemon_program) == std::vector<std::string>{});
}

TEST_CASE("rooms: what is for every room uses none", "[house]") {
    for (auto const& name : for_every_room)
        for (auto const* const root : {"lib/src", "daemon"})
            for (auto const& header : includes_of(source(root) / name)) {
                INFO(name << " includes " << header);
                CHECK(for_every_room.contains(header));
            }
}

TEST_CASE("rooms: none of the library uses what uses it", "[house]") {
    for (auto const& entry : fs::recursive_directory_iterator{source("lib/src")}) {
        auto const room = folder_of(entry.path().lexically_relative(source("lib/src")).string());
        if (room.empty() || !is_source(entry.path()))
            continue;
        for (auto const& header : includes_of(entry.path())) {
            INFO(entry.path().string() << " includes " << header);
            CHECK_FALSE((folder_of(header) == "notes_export" && for_no_room.contains(fs::path{header}.filename())));
        }
    }
}

TEST_CASE("rooms: no file of library and daemon has more than 400 lines", "[house]") {
    for (auto const* const root : {"lib", "daemon"})
        for (auto const& entry : fs::recursive_directory_iterator{source(root)}) {
            if (!is_source(entry.path()))
                continue;
            std::ifstream in{entry.path()};
            auto const lines = std::count(std::istreambuf_iterator<char>{in}, {}, '\n');
            INFO(entry.path().string());
            CHECK(lines <= 400);
        }
}

TEST_CASE("rooms: public headers include nothing but each other", "[house]") {
    for (auto const& entry : fs::directory_iterator{source("lib/include/notes_export")})
        for (auto const& header : includes_of(entry.path())) {
            INFO(entry.path().string() << " includes " << header);
            CHECK(folder_of(header) == "notes_export");
        }
}
