// The mirror to a bucket, step by step: what is sent and removed, and in which order, whatever happens to tree and
// bucket.
#include "support/scripted_store.hpp"

#include <algorithm>

using namespace notes_export;
using namespace notes_export::mirror;
using test::s3_error;
using test::scripted_server;
using test::scripted_store_fixture;

namespace {

std::vector<std::string> puts_and_deletes(scripted_server const& server) {
    std::vector<std::string> found;
    for (auto const& r : server.requests())
        if (!r.starts_with("GET"))
            found.push_back(r);
    return found;
}

} // namespace

TEST_CASE_METHOD(scripted_store_fixture, "s3: profiles, indexes, single files, metadata.json, removals, in this order",
                 "[s3]") {
    test::step(target, tree);
    auto const before = puts_and_deletes(store.server).size();
    auto files = test::some_users(1, 2, "second");
    files["indexes/users.json"] = "[2]\n";
    files["global_stats.json"] = "{\"a\": 1}\n";
    tree.publish(files, {test::user_path(20), test::user_path(19)});
    auto const result = test::step(target, tree);
    auto done = puts_and_deletes(store.server);
    done.erase(done.begin(), done.begin() + static_cast<std::ptrdiff_t>(before));
    std::ranges::sort(done.begin(), done.begin() + 2);
    std::ranges::sort(done.begin() + 5, done.begin() + 7);
    CHECK(done == std::vector<std::string>{"PUT /bucket/" + test::user_path(1), "PUT /bucket/" + test::user_path(2),
                                           "PUT /bucket/indexes/users.json", "PUT /bucket/global_stats.json",
                                           "PUT /bucket/metadata.json", "DELETE /bucket/" + test::user_path(19),
                                           "DELETE /bucket/" + test::user_path(20), "PUT /bucket/metadata.json"});
    CHECK(result.written == 5);
    CHECK(result.removed == 2);
    CHECK(result.generation == 2);
    CHECK(result.changed_now.size() == 7);
    CHECK(asked_for_credentials == 4);
}

TEST_CASE_METHOD(scripted_store_fixture, "s3: a step that was cut before its removals is begun again", "[s3]") {
    test::step(target, tree);
    tree.publish({}, {test::user_path(20)});
    store.set_fault([](auto const& r) {
        return r.method() == boost::beast::http::verb::delete_ ? std::optional{s3_error(403, "AccessDenied")}
                                                               : std::nullopt;
    });
    CHECK(kind_of_failure() == "access_denied");
    store.set_fault(nullptr);
    s3_target another{options(), published_paths{export_config{}}};
    CHECK(another.generation({}) == 1);
    CHECK(test::step(another, tree).removed == 1);
    CHECK(another.generation({}) == 2);
    CHECK(another.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(scripted_store_fixture, "s3: a tree that moves on ends the step, and what was sent is not sent again",
                 "[s3]") {
    test::step(target, tree);
    tree.publish(test::some_users(1, 10, "second"));
    auto const moving = test::user_path(5);
    bool moved = false;
    tree.before_read = [&](std::string const& path) {
        if (path == moving && !std::exchange(moved, true))
            tree.publish(test::some_users(5, 1, "third"));
    };
    CHECK_THROWS_AS(test::step(target, tree), source_error);
    CHECK(target.generation({}) == 1);
    auto const before = store.server.requests().size();
    auto const result = test::step(target, tree);
    CHECK(result.generation == 3);
    CHECK(result.written == 2); // the profile that moved, and metadata.json
    CHECK(store.server.requests().size() - before == 3);
    CHECK(target.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(scripted_store_fixture, "s3: a tree that moves on while everything is compared is caught up with",
                 "[s3]") {
    // Each file that is read is the reason for the next one.
    std::int64_t newest = 20;
    tree.before_read = [&](std::string const& path) {
        if (path != test::user_path(newest) || newest == 23)
            return;
        auto files = test::some_users(++newest, 1, "new");
        files["indexes/users.json"] = "[" + std::to_string(newest) + "]\n";
        tree.publish(files, {test::user_path(newest - 20)});
    };
    CHECK(test::step(target, tree).generation == 4);
    CHECK(target.generation({}) == 4);
    CHECK(target.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(scripted_store_fixture, "s3: verify tells what is missing, differs or is too much", "[s3]") {
    test::step(target, tree);
    store.objects.erase(test::user_path(3));
    store.objects[test::user_path(4)][5] ^= 1;
    store.objects[test::user_path(99)] = "{}";
    store.objects["README.md"] = "of others";
    store.objects["users/list.csv"] = "of others";
    std::map<std::string, std::string> found;
    for (auto const& d : target.verify(tree, 10, {}))
        found[d.path] = d.what;
    CHECK(found == std::map<std::string, std::string>{{test::user_path(3), "missing"},
                                                      {test::user_path(4), "differs"},
                                                      {test::user_path(99), "not in the tree"}});
    CHECK(target.verify(tree, 2, {}).size() == 2);
    // What waits for the next step is a difference until then.
    tree.publish(test::some_users(7, 1, "later"), {test::user_path(8)});
    std::map<std::string, std::string> later;
    for (auto const& d : target.verify(tree, 10, {}))
        later[d.path] = d.what;
    CHECK(later[test::user_path(7)] == "differs");
    CHECK(later[test::user_path(8)] == "not in the tree");
    CHECK(later["metadata.json"] == "differs");
}
