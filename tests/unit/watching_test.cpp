#include "support/catch.hpp"

#include "source/watching.hpp"

using namespace notes_export;

TEST_CASE("watching: users and countries are install.sql's", "[watching]") {
    for (auto const& d : standard_datasets())
        CHECK(how_to_watch("dwh", d) == "run install.sql");
}

TEST_CASE("watching: for another table the call is told, with all that it reads", "[watching]") {
    dataset d;
    d.table = "product's";
    d.key_column = "k";
    d.id_column = "i";
    CHECK(how_to_watch("a b", d) == "run install.sql, then as the owner of the tables: "
                                    "SELECT \"a b\".json_export_watch('product''s', 'k', 'i')");
    d.dimension = "dim";
    d.view = "shown";
    d.lookups = {{"names", "a", "b", {"c"}}, {"names", "d", "b", {"e"}}, {"units", "u", "id", {"unit"}}};
    CHECK(how_to_watch("dwh", d) ==
          "run install.sql, then as the owner of the tables: SELECT \"dwh\".json_export_watch('product''s', 'k', 'i', "
          "dimension => 'dim', reads => ARRAY['shown', 'names', 'units'])");
}
