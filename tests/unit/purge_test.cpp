// Caches are told what changed.
#include "mirror/purge_urls.hpp"
#include "mirror/purger.hpp"
#include "support/catch.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

using namespace notes_export;
using namespace notes_export::mirror;

namespace {

mirror_config with_command(std::string const& command) {
    mirror_config config;
    config.purge_command = command;
    return config;
}

step_result changed(std::vector<std::string> const& paths) {
    step_result step;
    for (auto const& path : paths)
        step.note_changed(path);
    return step;
}

} // namespace

TEST_CASE("purge: the command gets the paths, each with a NUL behind it", "[mirror]") {
    test::temporary_directory const place;
    purger p{with_command("cat > " + (place / "got").string())};
    auto const done = p.after(changed({"metadata.json", "users/0/0/1/1.json"}), {});
    CHECK(done.error.empty());
    CHECK(done.purged == 2);
    using namespace std::string_literals;
    CHECK(test::read_file(place / "got") == "metadata.json\0users/0/0/1/1.json\0"s);
}

TEST_CASE("purge: what failed comes again with the next step", "[mirror]") {
    test::temporary_directory const place;
    auto const got = (place / "got").string();
    purger p{with_command("tr '\\0' ' ' > " + got + "; test -e " + (place / "well").string() +
                          " || { echo no >&2; exit 3; }")};
    CHECK(p.after(changed({"a"}), {}).error == "purge_command ended with status 3: no");
    std::ofstream{place / "well"};
    CHECK(p.after(changed({"b"}), {}).purged == 2);
    CHECK(test::read_file(got) == "a b ");
    CHECK(p.after(changed({}), {}).purged == 0);
}

TEST_CASE("purge: what a step that failed has changed comes with the next one", "[mirror]") {
    test::temporary_directory const place;
    purger p{with_command("tr '\\0' ' ' > " + (place / "got").string())};
    p.remember(changed({"a"}));
    CHECK_FALSE(std::filesystem::exists(place / "got"));
    CHECK(p.after(changed({"b"}), {}).purged == 2);
    CHECK(test::read_file(place / "got") == "a b ");
}

TEST_CASE("purge: too much to tell is told as everything", "[mirror]") {
    test::temporary_directory const place;
    auto step = changed({"a"});
    step.too_many_to_purge = true;
    purger p{with_command("echo $OSM_NOTES_PURGE_ALL > " + (place / "got").string())};
    CHECK(p.after(step, {}).error.empty());
    CHECK(test::read_file(place / "got") == "true\n");
    mirror_config urls;
    urls.purge_url = "http://127.0.0.1:1/";
    CHECK(test::contains(purger{urls}.after(step, {}).error, "more than 10000 files changed"));
}

TEST_CASE("purge: a cache that is not there is told, without a password", "[mirror]") {
    mirror_config config;
    config.purge_url = "http://me:sesame@127.0.0.1:1/data";
    purger p{config};
    auto const done = p.after(changed({"metadata.json"}), {});
    CHECK(test::contains(done.error, "1 not purged; metadata.json: "));
    CHECK_FALSE(test::contains(done.error, "sesame"));
    CHECK(done.purged == 0);
}

TEST_CASE("purge: a stop request ends it", "[mirror]") {
    std::stop_source stop;
    stop.request_stop();
    CHECK(purge_urls("http://127.0.0.1:1", {"a", "b"}, stop.get_token()).failed.size() == 2);
    CHECK_FALSE(purger{with_command("sleep 60")}.after(changed({"a"}), stop.get_token()).error.empty());
}
