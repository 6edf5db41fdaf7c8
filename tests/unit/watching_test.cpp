#include "support/catch.hpp"

#include "source/watching.hpp"

using namespace notes_export;

TEST_CASE("watching: users and countries are install.sql's", "[watching]") {
    for (auto const& d : standard_datasets())
        CHECK(how_to_watch("dwh", d, standard_datasets()) == "run install.sql");
}

TEST_CASE("watching: for another table the call is told, with all that it reads", "[watching]") {
    dataset d;
    d.table = "product's";
    d.key_column = "k";
    d.id_column = "i";
    CHECK(how_to_watch("a b", d, {d}) == "run install.sql, then as the owner of the tables: "
                                         "SELECT \"a b\".json_export_watch('product''s', 'k', 'i')");
    d.dimension = "dim";
    d.view = "shown";
    d.lookups = {{"names", "a", "b", {"c"}}, {"names", "d", "b", {"e"}}, {"units", "u", "id", {"unit"}}};
    CHECK(how_to_watch("dwh", d, {d}) ==
          "run install.sql, then as the owner of the tables: SELECT \"dwh\".json_export_watch('product''s', 'k', 'i', "
          "dimension => 'dim', reads => ARRAY['shown', 'names', 'units'])");
}

namespace {

dataset section(std::string name, std::string table) {
    dataset d;
    d.name = std::move(name);
    d.table = std::move(table);
    d.key_column = "k";
    d.id_column = "i";
    return d;
}

} // namespace

TEST_CASE("watching: a table that is called as another dataset is watched by the name of its own", "[watching]") {
    std::vector<dataset> const all{section("a", "b"), section("b", "c")};
    CHECK(dataset_of("a", all) == "a");
    CHECK(dataset_of("b", all) == "b");
    CHECK(dataset_of("c", all) == "b");
    CHECK(dataset_of("d", all) == "d");
    CHECK(how_to_watch("dwh", all[0], all) == "run install.sql, then as the owner of the tables: "
                                              "SELECT \"dwh\".json_export_watch('b', 'k', 'i', dataset => 'a')");
    CHECK(how_to_watch("dwh", all[1], all) == "run install.sql, then as the owner of the tables: "
                                              "SELECT \"dwh\".json_export_watch('c', 'k', 'i')");
}

TEST_CASE("watching: what is watched otherwise is watched anew, or its section says what install.sql does",
          "[watching]") {
    auto const d = section("a", "t");
    CHECK(how_to_watch_anew("dwh", d, {d}) == "as the owner of the tables: SELECT \"dwh\".json_export_unwatch('t'); "
                                              "SELECT \"dwh\".json_export_watch('t', 'k', 'i')");
    auto const users = section("people", standard_datasets().front().table);
    CHECK(
        how_to_watch_anew("dwh", users, {users}) ==
        "let the section be [dataset users] with key = dimension_user_id and id = user_id, as install.sql watches it");
}
