// Twins of single files: how they are made, when they are right, and in which order they are published.
#include "support/catch.hpp"

#include "compress/brotli.hpp"
#include "compress/gzip.hpp"
#include "publish/journal.hpp"
#include "support/temporary_directory.hpp"
#include "support/tree_contents.hpp"
#include "support/twin_files.hpp"
#include "twin/comparison.hpp"
#include "twin/making.hpp"
#include "twin/plan.hpp"

#include <cstdint>
#include <fstream>
#include <notes_export/error.hpp>

using namespace notes_export;
namespace fs = std::filesystem;

namespace {

compressions both() {
    compressions all;
    for (auto const how : all_compressions)
        all.add(how);
    return all;
}

struct twin_fixture {
    test::temporary_directory root;
    tree files{root.path(), true};
    staging stage{files};
    publisher publish{files, stage};
    twin_config config{both(), 6, 5};
    std::string const bytes = "{\"id\": 7, \"name\": \"seven\"}\n";

    void write(std::string const& path, std::string const& content) const {
        std::ofstream{files.full(path), std::ios::binary} << content;
    }
    std::string read(std::string const& path) const { return test::read_file(files.full(path)); }
    std::string twin(compression how) const { return twin_bytes(bytes, how, config); }
};

} // namespace

TEST_CASE("twin: its path, and whose it is", "[twins]") {
    CHECK(twin_path("a/7.json", compression::gzip) == "a/7.json.gz");
    CHECK(twin_path("a/7.json", compression::brotli) == "a/7.json.br");
    REQUIRE(twin_at("a/7.json.br"));
    CHECK(twin_at("a/7.json.br")->of == "a/7.json");
    CHECK(twin_at("a/7.json.br")->how == compression::brotli);
    for (auto const* const path : {"", "gz", ".gz", "7.json", "7.jsongz", "7.gz/x", "7.json.GZ"})
        CHECK_FALSE(twin_at(path));
}

TEST_CASE("twin: what the tree notes of them is read again, damaged or not", "[twins]") {
    for (auto const all : {compressions{}, both()})
        CHECK(read_noted_twins(noted_twins(all)) == all);
    compressions gzip_only;
    gzip_only.add(compression::gzip);
    CHECK(noted_twins(gzip_only) == "gz\n");
    CHECK(read_noted_twins("gz\n") == gzip_only);
    CHECK(read_noted_twins("gz") == gzip_only);
    CHECK(read_noted_twins("zst\n\ngz\nbrr\n") == gzip_only);
    CHECK(twin_plan{{gzip_only}, both()}.changed());
    CHECK(twin_plan{{gzip_only}, both()}.ours() == both());
    CHECK_FALSE(twin_plan{}.changed());
}

TEST_CASE_METHOD(twin_fixture, "twin: is one when it decompresses to the file and to no more", "[twins]") {
    write("7.json", bytes);
    for (auto const how : all_compressions) {
        auto const path = twin_path("7.json", how);
        CHECK_FALSE(is_twin_of(files, "7.json", how, bytes));
        CHECK_FALSE(is_twin_of_file(files, "7.json", how));
        write(path, twin(how));
        CHECK(is_twin_of(files, "7.json", how, bytes));
        CHECK(is_twin_of_file(files, "7.json", how));
        for (auto const& wrong : {bytes + ' ', bytes.substr(1), bytes.substr(0, bytes.size() - 1), std::string{}}) {
            CHECK_FALSE(is_twin_of(files, "7.json", how, wrong));
            write(path, twin_bytes(wrong, how, config));
            CHECK_FALSE(is_twin_of_file(files, "7.json", how));
            write(path, twin(how));
        }
        for (auto const& wrong : {twin(how) + 'x', twin(how).substr(0, 10), bytes, std::string{}}) {
            write(path, wrong);
            CHECK_FALSE(is_twin_of(files, "7.json", how, bytes));
            CHECK_FALSE(is_twin_of_file(files, "7.json", how));
        }
    }
}

TEST_CASE_METHOD(twin_fixture, "twin: with another level it is right, too", "[twins]") {
    write("7.json", bytes);
    write("7.json.gz", gzip(bytes, 1));
    write("7.json.br", brotli(bytes, 11));
    for (auto const how : all_compressions)
        CHECK(is_twin_of_file(files, "7.json", how));
}

TEST_CASE_METHOD(twin_fixture, "twin: a file that compresses to nothing, and an endless one, are no twins", "[twins]") {
    write("7.json", bytes);
    write("7.json.gz", gzip(std::string(50'000'000, ' ')));
    CHECK_FALSE(is_twin_of_file(files, "7.json", compression::gzip));
    std::string empty_blocks = gzip("").substr(0, 10); // a header, and stored blocks with nothing in them
    for (int i = 0; i < 200'000; ++i)
        empty_blocks += std::string{"\x00\x00\x00\xff\xff", 5};
    write("7.json.gz", empty_blocks);
    CHECK_FALSE(is_twin_of_file(files, "7.json", compression::gzip));
    fs::remove(files.full("7.json.gz"));
    fs::create_directory(files.full("7.json.gz"));
    CHECK_FALSE(is_twin_of_file(files, "7.json", compression::gzip));
    CHECK(twins_beside(files, "7.json", both()).none());
}

TEST_CASE_METHOD(twin_fixture, "twin: of an empty file there is one as well", "[twins]") {
    write("7.json", "");
    for (auto const how : all_compressions) {
        write(twin_path("7.json", how), twin_bytes("", how, config));
        CHECK(is_twin_of_file(files, "7.json", how));
        CHECK(is_twin_of(files, "7.json", how, ""));
    }
}

TEST_CASE_METHOD(twin_fixture, "twin: of what is staged or published it is the same, small or streamed", "[twins]") {
    config.brotli_level = 1;
    std::string large = "[";
    for (std::int64_t i = 0; large.size() <= largest_whole_twin; ++i)
        large += "{\"id\": " + std::to_string(i * 7919) + "}, \n ";
    for (auto const& content : {bytes, large}) {
        auto const staged = stage.write(content, "7.json");
        write("7.json", content);
        for (auto const how : all_compressions) {
            auto const twin = stage_twin(stage, staged, how, config, {});
            CHECK(twin.target == twin_path("7.json", how));
            auto const made = test::read_file(stage.full(twin.name));
            CHECK(made.size() == twin.size);
            CHECK(test::untwinned(made, how) == content);
            auto const of_published = stage_twin_of_published(stage, files, "7.json", how, config, {});
            CHECK(test::read_file(stage.full(of_published.name)) == made);
            publish.publish({twin});
            CHECK(is_twin_of_file(files, "7.json", how));
        }
    }
}

TEST_CASE_METHOD(twin_fixture, "twin: a large one is given up when a stop is requested", "[twins]") {
    auto const staged = stage.write(std::string(largest_whole_twin + 1, 'a'), "7.json");
    std::stop_source stop;
    stop.request_stop();
    for (auto const how : all_compressions)
        CHECK_THROWS_AS(stage_twin(stage, staged, how, config, stop.get_token()), cancelled);
}

TEST_CASE_METHOD(twin_fixture, "publisher: old twins go with the file, new ones come with it, others stay", "[twins]") {
    write("7.json", "old");
    write("7.json.gz", "old");
    write("7.json.br", "old");
    write("8.json.gz", "of another");
    auto staged = stage.write(bytes, "7.json");
    staged.old_twins = twins_beside(files, "7.json", both());
    CHECK(staged.old_twins == both());
    publish.publish({stage.write(twin(compression::gzip), "7.json.gz"), staged}); // in whatever order
    CHECK(read("7.json") == bytes);
    CHECK(read("7.json.gz") == twin(compression::gzip));
    CHECK_FALSE(fs::exists(files.full("7.json.br")));
    CHECK(read("8.json.gz") == "of another");
}
