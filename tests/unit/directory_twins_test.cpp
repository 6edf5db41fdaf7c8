// A copy of a tree in a directory, with compressed twins beside its files.
#include "compress/brotli.hpp"
#include "compress/gzip.hpp"
#include "support/catch.hpp"
#include "support/mirrored_directory.hpp"
#include "support/twin_files.hpp"

using namespace notes_export;
using test::mirrored;
using test::user;
namespace fs = std::filesystem;

namespace {

export_config with_twins() {
    export_config config;
    config.twins.kinds.add(compression::gzip);
    config.twins.kinds.add(compression::brotli);
    return config;
}

struct twins_mirrored : mirrored {
    twins_mirrored() : mirrored{with_twins()} {}

    void put(std::string const& path, std::string const& text) {
        tree.put(path, text);
        tree.put(path + ".gz", gzip(text));
        tree.put(path + ".br", brotli(text, 5));
    }
    void publish_with_twins() {
        for (int id = 1; id <= 5; ++id)
            put(user(id), "user " + std::to_string(id));
        put("indexes/users.json", "[1,2,3,4,5]");
        tree.publish(false);
    }
};

} // namespace

TEST_CASE_METHOD(twins_mirrored, "directory target: twins are copied, changed and removed with their files",
                 "[mirror][twins]") {
    publish_with_twins();
    step();
    CHECK(equal());
    put(user(2), "another");
    for (auto const* const end : {"", ".gz", ".br"})
        tree.remove(user(4) + end);
    tree.publish();
    auto const done = step();
    CHECK(done.written == 4);
    CHECK(done.removed == 3);
    CHECK(equal());
    CHECK(test::false_twins(published(copy())).empty());
    CHECK(target.verify(source, 10, {}).empty());
}

TEST_CASE_METHOD(twins_mirrored, "directory target: a step that breaks off leaves no twin of another content",
                 "[mirror][twins]") {
    publish_with_twins();
    step();
    put(user(2), "another");
    tree.publish();
    fs::remove(copy() / (user(2) + ".gz"));
    fs::create_directory(copy() / (user(2) + ".gz")); // in the way of the second twin
    CHECK(failure().starts_with("in_the_way"));
    CHECK(test::false_twins(published(copy())).empty());
    fs::remove(copy() / (user(2) + ".gz"));
    step();
    CHECK(equal());
}

TEST_CASE_METHOD(twins_mirrored, "directory target: a comparison mends twins and removes those without a file",
                 "[mirror][twins]") {
    publish_with_twins();
    step();
    std::ofstream{copy() / (user(1) + ".gz")} << "no gzip";
    std::ofstream{copy() / "countries.json.gz"} << "of others";
    fs::create_directories(copy() / "countries");
    std::ofstream{copy() / "countries/7.json.br"} << "without a file";
    tree.put("global_stats.json", "{}");
    tree.publish(false);
    step();
    CHECK(fs::remove(copy() / "countries.json.gz"));
    CHECK(equal());
}

TEST_CASE_METHOD(mirrored, "directory target: a twin goes with the file that it is of, whatever is configured",
                 "[mirror][twins]") {
    publish_first();
    step();
    for (int id = 1; id <= 2; ++id)
        for (auto const* const end : {".gz", ".br"})
            std::ofstream{copy() / (user(id) + end)} << "of the time when there were twins";
    tree.put(user(1), "another");
    bool const listed = GENERATE(true, false);
    tree.publish(listed);
    step();
    CHECK_FALSE(fs::exists(copy() / (user(1) + ".gz")));
    CHECK_FALSE(fs::exists(copy() / (user(1) + ".br")));
    CHECK(fs::exists(copy() / (user(2) + ".gz")));
}

TEST_CASE_METHOD(twins_mirrored, "directory target: a file that others changed is mended with its equal twins",
                 "[mirror][twins]") {
    publish_with_twins();
    step();
    std::ofstream{copy() / user(1)} << "by others";
    put(user(1), "user 1"); // as it was
    tree.put(user(2), "user 2");
    tree.publish(GENERATE(true, false));
    step();
    CHECK(equal());
}

TEST_CASE_METHOD(mirrored, "directory target: twins that a list removes go, whatever is configured",
                 "[mirror][twins]") {
    publish_first();
    step();
    std::ofstream{copy() / (user(1) + ".gz")} << "of the time when there were twins";
    tree.remove(user(1) + ".gz");
    tree.put("global_stats.json", "{\"a\": 1}");
    tree.publish();
    step();
    CHECK(equal());
}
