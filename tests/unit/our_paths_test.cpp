#include "support/catch.hpp"

#include "mirror/our_paths.hpp"
#include "support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <string>

using namespace notes_export;

namespace {

/// A tree whose hashtags were removed in generation 7, and whose streets nobody exports any more.
struct former_fixture {
    test::temporary_directory root;
    export_config tree;
    mirror_config mirror;

    former_fixture() {
        tree.directory = root.path();
        std::filesystem::create_directory(root / ".exportd");
        std::ofstream{root / ".exportd/files"} << "now profiles users/{h1}/{h2}/{h3}/{id}.json\n"
                                                  "former file indexes/streets.json\n"
                                                  "former profiles streets/{id}.json\n"
                                                  "cleared 7 file indexes/hashtags.json\n"
                                                  "cleared 7 profiles hashtags/{id}.json\n"
                                                  "cleared 7 shards indexes/hashtags\n";
    }
    bool has(std::string const& path, std::uint64_t generation) const {
        return mirror::our_paths(tree, mirror, generation).contains(path);
    }
};

} // namespace

TEST_CASE_METHOD(former_fixture, "our paths: what the tree still has is ours, configured or not", "[mirror]") {
    for (std::uint64_t const generation : {0U, 6U, 7U, 8U}) {
        CHECK(has("users/0/0/7/7.json", generation));
        CHECK(has("streets/7.json", generation));
        CHECK(has("indexes/streets.json", generation));
        CHECK_FALSE(has("streets/x.json", generation));
        CHECK_FALSE(has("lanes/7.json", generation));
    }
}

TEST_CASE_METHOD(former_fixture, "our paths: what the tree removed is ours in a copy that is older", "[mirror]") {
    for (auto const* const path :
         {"hashtags/7.json", "indexes/hashtags.json", "indexes/hashtags/top.json", "indexes/hashtags/shards.json"}) {
        INFO(path);
        CHECK(has(path, 6));
        CHECK_FALSE(has(path, 7));
        CHECK_FALSE(has(path, 0)); // who knows whose copy that is
    }
    auto const ours = mirror::our_paths(tree, mirror, 6);
    CHECK(ours.rank_of("indexes/hashtags.json") == published_paths::rank::index);
    CHECK(ours.rank_of("hashtags/7.json") == published_paths::rank::profile);
    CHECK(ours.may_hold("hashtags"));
}

TEST_CASE_METHOD(former_fixture, "our paths: of somebody else's tree only what is configured", "[mirror]") {
    mirror.from = "https://example.org/data";
    CHECK(has("users/0/0/7/7.json", 6));
    CHECK_FALSE(has("streets/7.json", 6));
    CHECK_FALSE(has("hashtags/7.json", 6));
}

TEST_CASE_METHOD(former_fixture, "our paths: of somebody else's files any twin, whatever is made here", "[mirror]") {
    CHECK_FALSE(has("users/0/0/7/7.json.gz", 6));
    mirror.from = "https://example.org/data";
    CHECK(has("users/0/0/7/7.json.gz", 6));
    CHECK(has("indexes/users.json.br", 6));
    CHECK_FALSE(has("metadata.json.gz", 6));
}

TEST_CASE_METHOD(former_fixture, "our paths: without a tree, or a note, what is configured", "[mirror]") {
    std::filesystem::remove(root / ".exportd/files");
    CHECK(has("users/0/0/7/7.json", 6));
    CHECK_FALSE(has("streets/7.json", 6));
    tree.directory = root / "none";
    CHECK(has("users/0/0/7/7.json", 6));
}
