// A copy of somebody else's published tree, over HTTP: a real nginx with the site of conf/nginx/.
#include "support/catch.hpp"

#include "compress/gzip.hpp"
#include "shard/paths.hpp"
#include "support/nginx.hpp"
#include "support/pull_fixture.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>
#include <csignal>
#include <random>

namespace test {

namespace {

namespace fs = std::filesystem;

struct served_tree : pull_fixture {
    nginx server{root / "nginx", tree.root()};
    ended once() { return run(server.url()); }
};

/// With twins beside its files, as its publisher configured it; nothing is configured here.
struct twinned_tree : served_tree {
    static notes_export::compressions gzip_alone() {
        notes_export::compressions kinds;
        kinds.add(notes_export::compression::gzip);
        return kinds;
    }
    void put_with_twin(int id, std::string const& text) {
        put(id, text);
        tree.put(user_at(id) + ".gz", notes_export::gzip(user_text(id, text)));
    }
    void publish_with_twins(bool complete = true) {
        tree.put("indexes/users.json.gz", notes_export::gzip(index()));
        publish(complete);
    }
    void publish_first_with_twins(int count) {
        for (int id = 1; id <= count; ++id)
            put_with_twin(id, "first");
        tree.put("indexes/countries.json", "[]\n");
        tree.put(".json_export_version", "1.0.0\n");
        publish_with_twins(false);
    }
};

} // namespace

TEST_CASE_METHOD(served_tree, "pull mirror: a first copy, then one generation after the other", "[pull]") {
    publish_first(200);
    auto const first = once();
    INFO(first.errors);
    REQUIRE(first.status == 0);
    CHECK(differing() == std::vector<std::string>{});
    CHECK(fs::exists(copy / ".json_export_version"));
    CHECK(contains(first.errors, "everything was compared"));
    CHECK(run(server.url(), {"--verify"}).status == 0);
    put(7, "another");
    put(500, "new");
    remove(3);
    publish();
    auto const next = once();
    CHECK(next.status == 0);
    CHECK(contains(next.errors, "changes were copied"));
    CHECK(contains(next.errors, "files_written=4")); // two users, the index, metadata.json
    CHECK(equal());
    CHECK(once().status == 0);
}

TEST_CASE_METHOD(twinned_tree, "pull mirror: compressed twins come with the first copy, whatever is configured here",
                 "[pull]") {
    SECTION("the publisher says which there are") {
        tree.twins = gzip_alone();
    }
    SECTION("an older one does not") {}
    publish_first_with_twins(3);
    auto const first = once();
    INFO(first.errors);
    REQUIRE(first.status == 0);
    CHECK_FALSE(contains(first.errors, "are not there"));
    CHECK(differing() == std::vector<std::string>{});
    CHECK(fs::exists(copy / (user_at(2) + ".gz")));
    CHECK(fs::exists(copy / "indexes/users.json.gz"));
    CHECK(run(server.url(), {"--verify"}).status == 0);
    remove(2);
    tree.remove(user_at(2) + ".gz");
    put_with_twin(3, "second");
    publish_with_twins();
    CHECK(once().status == 0);
    CHECK(differing() == std::vector<std::string>{});
    CHECK_FALSE(fs::exists(copy / (user_at(2) + ".gz")));
    CHECK(run(server.url(), {"--verify"}).status == 0);
}

TEST_CASE_METHOD(twinned_tree, "pull mirror: comparing everything brings twins, and takes those that the tree lacks",
                 "[pull]") {
    tree.twins = gzip_alone();
    publish_first_with_twins(4);
    REQUIRE(once().status == 0);
    put_with_twin(1, "second");
    publish_with_twins();
    put_with_twin(2, "third");
    tree.remove(user_at(3) + ".gz");
    publish_with_twins();
    tree.forget_before(3);
    fs::remove(copy / (user_at(4) + ".gz"));
    CHECK(run(server.url(), {"--verify"}).status == 1);
    auto const step = once();
    CHECK(step.status == 0);
    CHECK(contains(step.errors, "is not kept any more"));
    CHECK(differing() == std::vector<std::string>{});
    std::ofstream{copy / (user_at(3) + ".br")} << "of nobody";
    auto const compared = run(server.url(), {"--verify"});
    CHECK(compared.status == 1);
    CHECK(compared.output == user_at(3) + ".br: not in the tree\n");
}

TEST_CASE_METHOD(twinned_tree, "pull mirror: twins that state.json does not tell of are not asked for", "[pull]") {
    tree.twins = notes_export::compressions{};
    publish_first(3);
    scripted_server const counting{script([](auto const&) { return std::nullopt; })};
    REQUIRE(run(counting.url()).status == 0);
    auto const asked = counting.requests();
    CHECK(std::ranges::none_of(asked, [](auto const& r) { return r.ends_with(".gz") || r.ends_with(".br"); }));
}

TEST_CASE_METHOD(served_tree, "pull mirror: shards come with the first copy, and go", "[pull][shards]") {
    publish_first(3);
    notes_export::shard::paths const where{notes_export::standard_datasets().front()};
    auto const names = where.names(notes_export::shard::shard_of(U"uv"));
    auto const bigram = where.of({U'u', U'v'});
    tree.put(where.about(), "{}\n");
    tree.put(where.top(), "[]\n");
    tree.put(names, "[[\"Uv\",1],\n[null,2]]\n");
    tree.put(bigram, "[[\"Uv\",1]]\n");
    publish();
    auto const once_with = [&] { return run(server.url(), {"--once", "--set", "dataset.users.shards=yes"}); };
    auto const first = once_with();
    INFO(first.errors);
    REQUIRE(first.status == 0);
    CHECK(differing() == std::vector<std::string>{});
    CHECK(fs::exists(copy / bigram));
    CHECK(run(server.url(), {"--verify", "--set", "dataset.users.shards=yes"}).status == 0);
    tree.put(names, "[[null,2]]\n");
    tree.remove(bigram);
    publish();
    CHECK(once_with().status == 0);
    CHECK(differing() == std::vector<std::string>{});
    CHECK_FALSE(fs::exists(copy / bigram));
}

TEST_CASE_METHOD(served_tree, "pull mirror: a file of names that is none ends the comparison", "[pull][shards]") {
    publish_first(3);
    notes_export::shard::paths const where{notes_export::standard_datasets().front()};
    tree.put(where.about(), "{}\n");
    tree.put(where.names(7), "[[\"Uv\"]]\n");
    publish();
    auto const first = run(server.url(), {"--once", "--set", "dataset.users.shards=yes"});
    CHECK(first.status != 0);
    CHECK(contains(first.errors, where.names(7) + ": it is no array of pairs of name and id"));
}

TEST_CASE_METHOD(served_tree, "pull mirror: a machine that publishes nothing has its state in the copy", "[pull]") {
    publish_first();
    REQUIRE(once().status == 0);
    REQUIRE(state());
    CHECK(state()->kind == "pull");
    CHECK(state()->generation == 1);
    CHECK(state()->behind_since == 0);
    child_process status{root / "status", {"status", "--config", (root / "pull.conf").string()}};
    CHECK(status.wait_exit() == 0);
    CHECK(contains(status.output(), "Mirror     pull: current, generation 1"));
    CHECK(run(server.url(), {"--once", "--set", "mirror.pull.from=" + server.url() + "/none"}).status == 3);
    child_process failing{root / "failing", {"status", "--config", (root / "pull.conf").string()}};
    CHECK(failing.wait_exit() == 1);
    CHECK(contains(failing.output(), "changes/state.json"));
}

TEST_CASE_METHOD(served_tree, "pull mirror: where this machine publishes a tree of its own, the state is there",
                 "[pull]") {
    publish_first();
    fs::create_directories(root / "none/.exportd");
    REQUIRE(once().status == 0);
    CHECK(fs::exists(root / "none/.exportd/mirrors/pull.json"));
    CHECK_FALSE(fs::exists(copy / ".exportd"));
    CHECK(equal());
}

TEST_CASE_METHOD(served_tree, "pull mirror: 50 generations are followed", "[pull]") {
    publish_first();
    auto mirror = start(server.url());
    for (int n = 1; n <= 50; ++n) {
        publish_change(n);
        if (n % 10 == 0)
            REQUIRE(wait_until([&] { return equal(); }));
    }
    CHECK(wait_until([&] { return equal(); }));
    INFO(mirror.errors());
    CHECK(wait_until([&] { return state() && state()->generation == 51 && state()->behind_since == 0; }));
    CHECK(state()->errors == 0);
    mirror.signal(SIGTERM);
    CHECK(mirror.wait_exit(milliseconds{5000}) == 0);
    CHECK(run(server.url(), {"--verify"}).status == 0);
}

TEST_CASE_METHOD(served_tree, "pull mirror: killed at random, it goes on", "[pull]") {
    std::minstd_rand random{11};
    publish_first(300);
    for (int n = 1; n <= 30; ++n) {
        auto mirror = start(server.url());
        publish_change(n);
        std::uniform_int_distribution<int> any{0, 150};
        auto const end = std::chrono::steady_clock::now() + milliseconds{any(random)};
        wait_until([&] { return std::chrono::steady_clock::now() >= end; });
        mirror.signal(SIGKILL);
        CHECK(mirror.wait_exit() == -SIGKILL);
    }
    CHECK(once().status == 0);
    CHECK(differing() == std::vector<std::string>{});
}

TEST_CASE_METHOD(served_tree, "pull mirror: what retention took is made up for by comparing everything", "[pull]") {
    publish_first();
    REQUIRE(once().status == 0);
    for (int n = 1; n <= 5; ++n)
        publish_change(n);
    remove(4);
    publish();
    tree.forget_before(6);
    std::ofstream{copy / "users/mine.txt"} << "not the exporter's";
    auto const step = once();
    CHECK(step.status == 0);
    CHECK(contains(step.errors, "is not kept any more"));
    CHECK(differing() == std::vector<std::string>{"users/mine.txt"});
}

TEST_CASE_METHOD(served_tree, "pull mirror: verify names what differs, and changes nothing", "[pull]") {
    publish_first();
    REQUIRE(once().status == 0);
    std::ofstream{copy / user_at(3)} << "other";
    fs::remove(copy / user_at(4));
    fs::create_directories((copy / user_at(4000)).parent_path());
    std::ofstream{copy / user_at(4000)} << "more";
    auto const compared = run(server.url(), {"--verify"});
    CHECK(compared.status == 1);
    CHECK(compared.output ==
          user_at(3) + ": differs\n" + user_at(4) + ": missing\n" + user_at(4000) + ": not in the tree\n");
    CHECK_FALSE(fs::exists(copy / user_at(4)));
}

TEST_CASE_METHOD(served_tree, "pull mirror: an index larger than a connection's buffers, and many files", "[pull]") {
    publish_first(5000);
    REQUIRE(once().status == 0);
    CHECK(equal());
    for (int id = 1; id <= 4000; ++id)
        put(id, "second");
    publish();
    auto const step = once();
    CHECK(step.status == 0);
    CHECK(contains(step.errors, "files_written=4001"));
    CHECK(equal());
}

TEST_CASE("pull mirror: a feed that is not public is named, with what its publisher must do", "[pull]") {
    temporary_directory const place;
    published_tree hidden{place / "hidden"};
    hidden.put(user_at(1), "{}");
    hidden.publish();
    pull_fixture f;
    nginx const server{place / "nginx", hidden.root()};
    auto const step = f.run(server.url());
    CHECK(step.status == 3);
    CHECK(contains(step.errors, server.url() + "/changes/state.json: there is none (404)"));
    CHECK(contains(step.errors, "[feed] publish = true"));
    CHECK(f.state()->error_kind == "no_feed");
    CHECK_FALSE(fs::exists(f.copy / "metadata.json"));
}

} // namespace test
