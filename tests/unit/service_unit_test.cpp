#include "support/catch.hpp"

#include "setup/unit.hpp"
#include "support/temporary_directory.hpp"

#include <chrono>
#include <fstream>

using namespace exportd;

namespace {

/// As `systemctl show` of systemd 252 prints the shipped unit.
constexpr auto* shipped = "LoadState=loaded\nActiveState=active\nUser=osm_notes_exporter\nReadWritePaths=\n"
                          "StateDirectory=osm-notes-exportd\nRuntimeDirectory=osm-notes-exportd\nLogsDirectory=\n"
                          "ProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes\nStatusText=Cycle 3: a=b\n";

unit with(std::string const& lines) {
    return unit::parse(lines + shipped); // the first one counts
}

} // namespace

TEST_CASE("unit: properties, one a line", "[setup]") {
    auto const u = unit::parse(shipped);
    CHECK(u.property("User") == "osm_notes_exporter");
    CHECK(u.property("StatusText") == "Cycle 3: a=b");
    CHECK(u.property("ReadWritePaths").empty());
    CHECK(u.property("Absent").empty());
    CHECK(unit::parse("no property\n").property("no property").empty());
}

TEST_CASE("unit: the sandbox lets it write to its own directories", "[setup]") {
    auto const u = unit::parse(shipped);
    for (auto const* const path :
         {"/var/lib/osm-notes-exportd", "/var/lib/osm-notes-exportd/json", "/run/osm-notes-exportd/http.sock"})
        CHECK(u.write_obstacle(path).empty());
    CHECK(u.write_obstacle("/srv/www/json") ==
          "ProtectSystem=strict makes it read-only, and no ReadWritePaths= names it");
    CHECK_FALSE(u.write_obstacle("/var/lib/osm-notes-exportd2").empty());
    CHECK_FALSE(u.write_obstacle("/var/log/exportd.log").empty());
    CHECK(with("LogsDirectory=osm-notes-exportd\n").write_obstacle("/var/log/osm-notes-exportd/a.log").empty());
}

TEST_CASE("unit: and to what ReadWritePaths= names", "[setup]") {
    auto const u = with("ReadWritePaths=/srv/www/json -/srv/other\n");
    CHECK(u.write_obstacle("/srv/www/json").empty());
    CHECK(u.write_obstacle("/srv/www/json/users").empty());
    CHECK(u.write_obstacle("/srv/other").empty());
    CHECK_FALSE(u.write_obstacle("/srv/www").empty());
    auto const odd = with("ReadWritePaths=/srv/a \"/srv/my json\" \"/srv/a\\\"b\"\n");
    CHECK(odd.write_obstacle("/srv/my json").empty());
    CHECK(odd.write_obstacle("/srv/a\"b").empty());
    CHECK_FALSE(odd.write_obstacle("/srv/my").empty());
}

TEST_CASE("unit: what is hidden cannot be written whatever else is said", "[setup]") {
    auto const u = with("ReadWritePaths=/tmp/json /home/me\n");
    CHECK(u.write_obstacle("/tmp/json") == "PrivateTmp=yes hides it");
    CHECK(u.write_obstacle("/home/me/json") == "ProtectHome=yes hides it");
    CHECK(with("PrivateTmp=no\nReadWritePaths=/tmp/json\n").write_obstacle("/tmp/json").empty());
    CHECK(with("ProtectHome=read-only\nProtectSystem=no\n").write_obstacle("/home/me") == "ProtectHome=read-only");
    CHECK(u.sight_obstacle("/run/postgresql").empty());
    CHECK(u.sight_obstacle("/tmp") == "PrivateTmp=yes hides it");
}

TEST_CASE("unit: a weaker ProtectSystem=", "[setup]") {
    CHECK(with("ProtectSystem=full\n").write_obstacle("/srv/json").empty());
    CHECK_FALSE(with("ProtectSystem=full\n").write_obstacle("/etc/json").empty());
    CHECK(with("ProtectSystem=yes\n").write_obstacle("/etc/json").empty());
    CHECK_FALSE(with("ProtectSystem=yes\n").write_obstacle("/usr/json").empty());
    CHECK(with("ProtectSystem=no\n").write_obstacle("/usr/json").empty());
}

TEST_CASE("unit: a file that was written after its start is not what it has read", "[setup]") {
    using namespace std::chrono;
    using namespace std::chrono_literals;
    test::temporary_directory const place;
    std::ofstream{place / "written"} << "now\n";
    auto const started = [](microseconds ago) {
        auto const when = duration_cast<microseconds>(steady_clock::now().time_since_epoch()) - ago;
        return unit::parse("ExecMainStartTimestampMonotonic=" + std::to_string(when.count()) + '\n');
    };
    CHECK(started(10s).started_before(place / "written"));
    CHECK_FALSE(started(-10s).started_before(place / "written"));
    CHECK_FALSE(started(10s).started_before(place / "none"));
}
