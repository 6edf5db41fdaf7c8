#include "support/catch.hpp"
#include "support/thrown_message.hpp"

#include "source/install_version.hpp"

#include <notes_export/check.hpp>

#include <fstream>
#include <sstream>

using namespace notes_export;
using test::contains;

TEST_CASE("install_version: the number is that of install.sql", "[check]") {
    std::ifstream in{EXPORTD_SOURCE_DIR "/sql/install.sql"};
    std::ostringstream text;
    text << in.rdbuf();
    CHECK(contains(text.str(), "\n\\set install_version " + std::to_string(current_install_version) + '\n'));
}

TEST_CASE("install_version: older, newer and lost ones are remarked on, each with its remedy", "[check]") {
    CHECK_FALSE(remark_on_version(current_install_version));
    auto const remark = [](std::int64_t version) { return remark_on_version(version).value_or(version_remark{}); };
    CHECK(contains(remark(0).text, "was lost"));
    CHECK(remark(0).remedy == "run install.sql");
    CHECK(contains(remark(2).text, "version 2 of install.sql ran here, this program comes with "));
    CHECK(remark(2).remedy == "run install.sql");
    CHECK(contains(remark(99).text, "and is older"));
    CHECK(remark(99).remedy == "upgrade the package osm-notes-exportd");
}
