#pragma once

#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/tree_contents.hpp"

#include <cstdlib>
#include <string>

namespace test {

/// A warehouse whose tables are not ordinary ones, and the whole program on it.
struct warehouse_fixture : daemon_fixture {
    warehouse_fixture() = default;
    /// On the server whose socket is in that directory.
    warehouse_fixture(std::string const& from, std::string const& server) : daemon_fixture{from, server} {}

    /// sql/install.sql, as an operator runs it.
    void install() { psql_file(EXPORTD_SOURCE_DIR "/sql/install.sql"); }
    void uninstall() { psql_file(EXPORTD_SOURCE_DIR "/sql/uninstall.sql"); }

    result once() { return run_command({"once"}); }
    void publish() {
        auto const r = once();
        INFO(r.output << r.errors);
        REQUIRE(r.status == 0);
    }
    /// One cycle has published what is committed, and a fresh export finds nothing to mend. The fresh export leaves its
    /// marks in the database, so this is the last thing that a test does.
    void check_like_fresh_export() {
        check_verified();
        auto const before = timeless(contents_of(tree()));
        settings.directory = root / "fresh";
        auto const fresh = run_command({"once", "--full"});
        INFO(fresh.output << fresh.errors);
        REQUIRE(fresh.status == 0);
        CHECK(differences(before, timeless(contents_of(settings.directory))) == std::vector<std::string>{});
    }
    void check_verified() {
        auto const verified = run_command({"verify"});
        CAPTURE(verified.output);
        CHECK(verified.status == 0);
    }
    /// What the profile of a user says: "member":value, as it is written there.
    bool says(user const& u, std::string const& text) const { return file(u.path).find(text) != std::string::npos; }

private:
    void psql_file(std::string const& path) const {
        auto const command = "psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 -d '" + db.conninfo() + "' -f " + path;
        REQUIRE(std::system((command + " >/dev/null").c_str()) == 0);
    }
};

} // namespace test
