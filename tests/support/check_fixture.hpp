#pragma once

#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/thrown_message.hpp"

#include <string>
#include <utility>
#include <vector>

namespace test {

/// With the exporter's own role, as a service has it.
struct check_fixture : daemon_fixture {
    check_fixture() { settings.conninfo = as_role("osm_notes_exporter"); }

    std::string as_role(std::string const& role) const {
        return "host=" + test_database::host() + " user=" + role + " dbname=" + db.name();
    }
    result check(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), "check");
        return run_command(std::move(more));
    }
    /// It must end so, with this line and this remedy below it.
    void finds(int status, std::string const& line, std::string const& remedy) const {
        auto const r = check();
        CAPTURE(r.output, r.errors, line, remedy);
        CHECK(r.status == status);
        auto const at = r.output.find(line);
        REQUIRE(at != std::string::npos);
        auto const next = r.output.find('\n', at);
        CHECK(contains(r.output.substr(at, r.output.find('\n', next + 1) - at), remedy));
    }
};

} // namespace test
