#include "settings/export_settings.hpp"
#include "settings/settings.hpp"
#include "support/catch.hpp"
#include "support/default_settings.hpp"
#include "support/loaded_settings.hpp"

using namespace exportd;
using namespace test;

TEST_CASE("settings: twins are off, or some of gzip and br, with their levels", "[settings]") {
    using notes_export::compression;
    auto const twins = [](std::string const& value) {
        return from_sets({"output.precompress=" + value}).value.output.precompress;
    };
    CHECK(test::default_settings().output.precompress.none());
    CHECK(twins("off").none());
    CHECK(twins("gzip").has(compression::gzip));
    CHECK_FALSE(twins("gzip").has(compression::brotli));
    for (auto const* both : {"gzip, br", "br,gzip", "gzip ,\tbr", "br,gzip,br"}) {
        INFO(both);
        CHECK(twins(both).count() == 2);
    }
    for (std::string const bad : {"", "on", "gzip,", ",br", "gzip br", "off,gzip", "brotli", "GZIP"}) {
        INFO(bad);
        CHECK(texts_of_set("output.precompress=" + bad) ==
              std::vector<std::string>{"--set output.precompress: \"" + bad +
                                       "\" is neither off nor a list of gzip and br"});
    }
    auto const levels = from_sets({"output.gzip_level=12", "output.brotli_level=0"}).value.output;
    CHECK(levels.gzip_level == 12);
    CHECK(levels.brotli_level == 0);
    for (auto const* bad :
         {"output.gzip_level=0", "output.gzip_level=13", "output.brotli_level=12", "output.brotli_level=-1"}) {
        INFO(bad);
        CHECK(texts_of_set(bad).size() == 1);
    }
    auto const config = to_export_config(from_sets({"output.precompress=br", "output.brotli_level=11"}).value);
    CHECK(config.twins.kinds.has(compression::brotli));
    CHECK(config.twins.brotli_level == 11);
    CHECK(config.twins.gzip_level == 6);
}
