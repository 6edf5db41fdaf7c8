// The mirror to a bucket, with a store whose faults are scripted: those that a healthy one does not have.
#include "notes_export/error.hpp"
#include "support/scripted_store.hpp"
#include "support/wait_until.hpp"

#include <algorithm>
#include <thread>

using namespace notes_export;
using namespace notes_export::mirror;
using namespace std::chrono_literals;
using test::contains;
using test::s3_error;
using test::scripted_answer;
using test::scripted_store_fixture;

TEST_CASE_METHOD(scripted_store_fixture, "s3: what passes is asked again, and the step goes on", "[s3]") {
    std::map<std::string, int> asked;
    store.set_fault([&](auto const& r) -> std::optional<scripted_answer> {
        switch (++asked[std::string{r.target()}]) {
        case 1:
            return s3_error(503, "SlowDown");
        case 2:
            return scripted_answer{500, {}, "not even XML", {}, false};
        default:
            return std::nullopt;
        }
    });
    CHECK(test::step(target, tree).generation == 1);
    store.set_fault(nullptr);
    CHECK(target.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(scripted_store_fixture, "s3: each failure has its kind, and nothing is announced", "[s3]") {
    auto const [answer, kind] = GENERATE(table<scripted_answer, std::string>({
        {s3_error(503, "SlowDown"), "slow_down"},
        {s3_error(429, "TooManyRequests"), "slow_down"},
        {s3_error(500, "InternalError"), "server_error"},
        {s3_error(403, "RequestTimeTooSkewed"), "clock"},
        {s3_error(403, "InvalidAccessKeyId"), "credentials"},
        {s3_error(403, "SignatureDoesNotMatch"), "credentials"},
        {s3_error(400, "ExpiredToken"), "credentials"},
        {s3_error(403, "AccessDenied"), "access_denied"},
        {s3_error(404, "NoSuchBucket"), "no_bucket"},
        {s3_error(301, "PermanentRedirect", "<Endpoint>elsewhere</Endpoint>"), "moved"},
        {s3_error(409, "OperationAborted"), "slow_down"},
        {s3_error(200, "InternalError"), "server_error"},
        {s3_error(200, "QuotaExceeded"), "quota"},
        {{200, {{"ETag", "\"0cc175b9c0f1b6a831c399e269772661\""}}, "", {}, false}, "damaged"},
        {{200, {}, "0123456789", 3, false}, "truncated"},
        {{200, {}, "", {}, true}, "slow"},
        {{400, {}, std::string(3U << 20U, '<'), {}, false}, "answer"},
    }));
    INFO(kind);
    fail_puts(answer);
    CHECK(kind_of_failure() == kind);
    CHECK_FALSE(store.objects.contains("metadata.json"));
    store.set_fault(nullptr);
    CHECK(test::step(target, tree).generation == 1);
    CHECK(target.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(scripted_store_fixture, "s3: listings that do not end, are without order or cut are refused", "[s3]") {
    auto const [content, kind] = GENERATE(table<std::string, std::string>({
        {"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "answer"},
        {"<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents><IsTruncated>true</IsTruncated></"
         "ListBucketResult>",
         "answer"},
        {"<ListBucketResult><Contents><Key>b</Key><Size>1</Size></Contents><Contents><Key>a</Key><Size>1</Size></"
         "Contents></"
         "ListBucketResult>",
         "answer"},
        {"<ListBucketResult><Contents><Key>b</Key>", "answer"},
        {"", "answer"},
    }));
    store.set_fault([text = content](auto const& r) -> std::optional<scripted_answer> {
        if (contains(std::string{r.target()}, "list-type=2"))
            return scripted_answer{200, {}, text, {}, false};
        return std::nullopt;
    });
    CHECK(kind_of_failure() == kind);
    CHECK(store.objects.empty());
}

TEST_CASE_METHOD(scripted_store_fixture, "s3: objects are never larger in memory than they may be", "[s3]") {
    auto files = test::some_users(30, 1, "large", 1'000'000);
    tree.publish(files);
    auto const compress = GENERATE(s3_compression::none, s3_compression::gzip);
    auto o = options();
    o.compress = compress;
    s3_target other{o, published_paths{export_config{}}};
    test::step(other, tree);
    CHECK(other.verify(tree, 10, {}).empty());
    o.spool_directory = dir / "none";
    tree.publish(test::some_users(30, 1, "larger", 2'000'000));
    s3_target without_spool{o, published_paths{export_config{}}};
    auto const text = test::thrown_message([&] { test::step(without_spool, tree); });
    CHECK(contains(text, "none"));
}

TEST_CASE_METHOD(scripted_store_fixture,
                 "s3: an object whose PUT was not answered is sent again, whatever it was before", "[s3]") {
    auto const path = test::user_path(9);
    auto const fails_at = [&](std::string const& failing, bool stores) {
        store.set_fault([this, failing, stores](auto const& r) -> std::optional<scripted_answer> {
            if (r.method_string() != "PUT" || !contains(std::string{r.target()}, failing))
                return std::nullopt;
            if (stores)
                store.objects[failing] = r.body();
            return s3_error(403, "AccessDenied");
        });
        CHECK(kind_of_failure() == "access_denied");
        store.set_fault(nullptr);
    };
    test::step(target, tree);
    auto const profile = test::some_users(9, 1, "twice");
    tree.publish(profile);
    fails_at("metadata.json", false);
    tree.publish(test::some_users(9, 1, "between"));
    fails_at(path, true);
    tree.publish(profile);
    test::step(target, tree);
    CHECK(store.objects.at(path) == profile.at(path));
    CHECK(target.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(scripted_store_fixture, "s3: a comparison that is cut short in its removals is begun again", "[s3]") {
    test::step(target, tree);
    store.objects[test::user_path(99)] = "of another past\n";
    auto& stored = store.objects.at("metadata.json");
    std::string const generation = "\"generation\": ";
    stored.insert(stored.find(generation) + generation.size(), "9"); // which the tree, restored, does not have
    store.set_fault([](auto const& r) -> std::optional<scripted_answer> {
        return r.method_string() == "DELETE" ? std::optional{s3_error(403, "AccessDenied")} : std::nullopt;
    });
    CHECK(kind_of_failure() == "access_denied");
    store.set_fault(nullptr);
    CHECK(target.generation({}) == 0);
    test::step(target, tree);
    CHECK_FALSE(store.objects.contains(test::user_path(99)));
    CHECK(target.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(scripted_store_fixture, "s3: a stop request ends a step within a second, and the next one continues",
                 "[s3]") {
    store.set_fault([](auto const& r) -> std::optional<scripted_answer> {
        if (contains(std::string{r.target()}, test::user_path(9)))
            return scripted_answer{200, {}, "", {}, true};
        return std::nullopt;
    });
    auto o = options();
    o.limits.no_progress = 60s;
    s3_target patient{o, published_paths{export_config{}}};
    std::stop_source stop;
    std::chrono::steady_clock::time_point asked;
    std::thread stopper{[&] {
        test::wait_until([&] {
            auto const requests = store.server.requests();
            return std::ranges::find(requests, "PUT /bucket/" + test::user_path(9)) != requests.end();
        });
        asked = std::chrono::steady_clock::now();
        stop.request_stop();
    }};
    CHECK_THROWS_AS(test::step(patient, tree, stop.get_token()), cancelled);
    stopper.join();
    CHECK(std::chrono::steady_clock::now() - asked < 1s);
    store.set_fault(nullptr);
    CHECK(test::step(patient, tree).generation == 1);
    CHECK(patient.verify(tree, 10, {}).empty());
}
