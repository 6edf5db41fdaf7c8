// Which paths of a tree are the exporter's.
#include "feed/published_paths.hpp"

#include "support/catch.hpp"

using namespace notes_export;

using rank = published_paths::rank;

TEST_CASE("published paths: profiles, indexes, single files, and nothing else", "[mirror]") {
    published_paths const ours{{}};
    for (auto const* const path :
         {"users/0/3/9/12345.json", "countries/7.json", "indexes/users.json", "indexes/countries.json",
          "global_stats.json", "global_stats_summary.json", "metadata.json", ".json_export_version"})
        CHECK(ours.contains(path));
    for (auto const* const path :
         {"users/0/3/8/12345.json", "users/0/3/9/012345.json", "countries/0.json", "countries/-7.json",
          "countries/README.md", "indexes/other.json", "README.md", "", "users", "metadata.json/x", "./metadata.json",
          "countries/../metadata.json", ".exportd/lock"}) {
        INFO(path);
        CHECK_FALSE(ours.contains(path));
    }
}

TEST_CASE("published paths: directories that may hold one", "[mirror]") {
    published_paths const ours{{}};
    for (auto const* const directory : {"", "users", "users/0", "users/0/3", "users/0/3/9", "countries", "indexes"})
        CHECK(ours.may_hold(directory));
    for (auto const* const directory :
         {"users/g", "users/0/3/9/1", "countries/1", "index", "schemas", ".exportd", ".git"}) {
        INFO(directory);
        CHECK_FALSE(ours.may_hold(directory));
    }
}

TEST_CASE("published paths: the order of publication", "[mirror]") {
    published_paths const ours{{}};
    CHECK(ours.rank_of("countries/7.json") == rank::profile);
    CHECK(ours.rank_of("indexes/users.json") == rank::index);
    CHECK(ours.rank_of("global_stats.json") == rank::single);
    CHECK(ours.rank_of(".json_export_version") == rank::single);
    CHECK(ours.rank_of("metadata.json") == rank::metadata);
    CHECK(rank::profile < rank::index);
    CHECK(rank::index < rank::single);
    CHECK(rank::single < rank::metadata);
}

TEST_CASE("published paths: a version file outside the tree is none of it", "[mirror]") {
    for (auto const* const path : {"/etc/version", "../version", "a/../../version"}) {
        export_config config;
        config.version_file = path;
        published_paths const ours{config};
        CHECK_FALSE(ours.contains(path));
        CHECK_FALSE(ours.contains(".json_export_version"));
    }
}

TEST_CASE("published paths: twins are the exporter's when they are configured, and may be listed in any case",
          "[mirror]") {
    export_config config;
    published_paths const without{config};
    config.twins.kinds.add(compression::gzip);
    published_paths const with{config};
    for (auto const* const file :
         {"users/0/3/9/12345.json", "countries/7.json", "indexes/users.json", "global_stats.json"}) {
        auto const gz = std::string{file} + ".gz";
        auto const br = std::string{file} + ".br";
        CHECK(with.contains(gz));
        CHECK_FALSE(with.contains(br));
        CHECK_FALSE(without.contains(gz));
        for (auto const& ours : {with, without}) {
            CHECK(ours.may_be_listed(file));
            CHECK(ours.may_be_listed(gz));
            CHECK(ours.may_be_listed(br));
            CHECK(ours.rank_of(gz) == ours.rank_of(file));
        }
    }
    for (auto const* const path : {"metadata.json.gz", ".json_export_version.gz", "users/0/3/8/12345.json.gz",
                                   "README.md.gz", ".gz", "indexes/users.json.gz.gz", "indexes/users.json.zst"}) {
        INFO(path);
        CHECK_FALSE(with.contains(path));
        CHECK_FALSE(with.may_be_listed(path));
    }
}

TEST_CASE("published paths: shards are the exporter's when they are made, and may be listed in any case", "[mirror]") {
    export_config config;
    config.twins.kinds.add(compression::gzip);
    published_paths const without{config};
    config.datasets.front().shards.make = true;
    published_paths const with{config};
    for (auto const* const path : {"indexes/users/shards.json", "indexes/users/top.json",
                                   "indexes/users/names/3/f0.json", "indexes/users/bigrams/3/61-62.json"}) {
        auto const twin = std::string{path} + ".gz";
        for (auto const& one : {std::string{path}, twin}) {
            CHECK(with.contains(one));
            CHECK_FALSE(without.contains(one));
            for (auto const& ours : {with, without}) {
                CHECK(ours.may_be_listed(one));
                CHECK(ours.rank_of(one) == rank::index);
            }
        }
    }
    for (auto const* const path : {"indexes/users/x.json", "indexes/countries/top.json", "indexes/users/top.json.br"})
        CHECK_FALSE(with.contains(path));
    CHECK_FALSE(with.may_be_listed("indexes/users/x.json"));
    for (auto const* const directory :
         {"indexes", "indexes/users", "indexes/users/names", "indexes/users/names/f", "indexes/users/bigrams/0"}) {
        CHECK(with.may_hold(directory));
        CHECK(without.may_hold(directory) == (std::string{directory} == "indexes"));
    }
}

TEST_CASE("published paths: an index that is not made as a whole is none of it, but may be listed as gone",
          "[mirror]") {
    export_config config;
    config.datasets.front().index_path.clear();
    published_paths const ours{config};
    CHECK_FALSE(ours.contains("indexes/users.json"));
    CHECK_FALSE(ours.contains(""));
    CHECK(ours.may_be_listed("indexes/users.json"));
    CHECK(ours.rank_of("indexes/users.json") == rank::index);
}

TEST_CASE("published paths: what names profiles goes before them", "[mirror]") {
    published_paths const ours{{}};
    std::vector<std::string> going{"users/0/0/2/2.json", "indexes/users/top.json", "users/0/0/1/1.json",
                                   "indexes/users/names/3/f0.json.gz"};
    CHECK(ours.put_indexes_first(going) == 2);
    CHECK(going == std::vector<std::string>{"indexes/users/top.json", "indexes/users/names/3/f0.json.gz",
                                            "users/0/0/2/2.json", "users/0/0/1/1.json"});
}
