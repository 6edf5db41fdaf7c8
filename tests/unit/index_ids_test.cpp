#include "mirror/source/index_ids.hpp"

#include "support/catch.hpp"

#include <optional>
#include <string>
#include <vector>

using notes_export::mirror::index_ids;
using ids = std::vector<std::int64_t>;

namespace {

/// In pieces of every length; nullopt: it is no index.
std::optional<ids> ids_of(std::string const& text) {
    std::optional<ids> found;
    for (std::size_t length = 1; length <= text.size(); ++length) {
        index_ids index{"user_id"};
        for (std::size_t at = 0; at < text.size(); at += length)
            index.add(std::string_view{text}.substr(at, length));
        auto now = index.whole() ? std::optional{index.ids()} : std::nullopt;
        if (length > 1)
            CHECK(now == found);
        found = std::move(now);
    }
    return found;
}

} // namespace

TEST_CASE("index ids: of each entry, wherever its id stands", "[mirror]") {
    CHECK(ids_of("[]\n") == ids{});
    CHECK(ids_of("[{\"user_id\":7,\"username\":\"a\"},\n{\"username\":\"b\", \"user_id\" : 12}]\n") == ids{7, 12});
    CHECK(ids_of("[{\"user_id\":9223372036854775807}]") == ids{9223372036854775807});
}

TEST_CASE("index ids: what only looks like one is none", "[mirror]") {
    CHECK(
        ids_of(R"([{"user_id":7,"username":"\"user_id\":8,"},{"a":{"user_id":9},"b":[{"user_id":1}],"user_id":3}])") ==
        ids{7, 3});
    CHECK(ids_of(R"([{"user_id":1,"user_id_2":2,"x":"user_id"}])") == ids{1});
    CHECK(ids_of(R"([{"user_id":1,"n":"\\"},{"user_id":2,"n":"[{]}\\\""}])") == ids{1, 2});
}

TEST_CASE("index ids: what is no index is told", "[mirror]") {
    for (auto const* const text : {" ",
                                   "{}",
                                   "[",
                                   "[{}]",
                                   "[1]",
                                   "[[]]",
                                   "[\"a\"]",
                                   "[{\"user_id\":1}",
                                   "[{\"user_id\":1]}",
                                   "[{\"user_id\":0}]",
                                   "[{\"user_id\":-1}]",
                                   "[{\"user_id\":1.5}]",
                                   "[{\"user_id\":\"1\"}]",
                                   "[{\"user_id\":null}]",
                                   "[{\"user_id\":[1]}]",
                                   "[{\"user_id\":99999999999999999999}]",
                                   "[{\"user_id\":1,\"user_id\":1}]",
                                   "[] []",
                                   "[]x",
                                   "<html>",
                                   "[{\"name\":1}]",
                                   "[{\"user_id\":}]"}) {
        CAPTURE(text);
        CHECK_FALSE(ids_of(text).has_value());
    }
    CHECK_FALSE(ids_of(std::string(200, '[')).has_value());
}
