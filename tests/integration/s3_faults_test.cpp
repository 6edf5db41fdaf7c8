// The mirror to a bucket, with a store whose faults are scripted: those that a healthy one does not have.
#include "support/catch.hpp"

#include "files/hex.hpp"
#include "mirror/error.hpp"
#include "mirror/s3_target.hpp"
#include "notes_export/error.hpp"
#include "support/process_figures.hpp"
#include "support/s3_step.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"
#include "support/wait_until.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <malloc.h>
#include <map>
#include <optional>
#include <thread>
#include <unistd.h>

using namespace notes_export;
using namespace notes_export::mirror;
using namespace std::chrono_literals;
using test::contains;
using test::scripted_answer;
using test::scripted_server;

namespace {

scripted_answer error(unsigned status, std::string const& code, std::string const& more = "") {
    return {status, {}, "<Error><Code>" + code + "</Code><Message>no</Message>" + more + "</Error>", {}, false};
}

/// Objects by their names, and what becomes of a request before they are looked at.
struct scripted_store {
    std::map<std::string, std::string> objects;
    std::string metadata_header; ///< x-amz-meta-unfinished-from, as it was sent with metadata.json
    std::function<std::optional<scripted_answer>(scripted_server::request const&)> fault;
    scripted_server server{[this](auto const& r) { return answer(r); }};

    scripted_answer answer(scripted_server::request const& r) {
        if (fault)
            if (auto broken = fault(r))
                return *broken;
        std::string const target{r.target()};
        if (r.method() == boost::beast::http::verb::get && contains(target, "list-type=2"))
            return listing(target);
        auto const key = target.substr(std::string{"/bucket/"}.size());
        if (r.method() == boost::beast::http::verb::put)
            return put(key, r);
        if (r.method() == boost::beast::http::verb::delete_)
            return objects.erase(key), scripted_answer{204, {}, "", {}, false};
        if (!objects.contains(key))
            return error(404, "NoSuchKey");
        scripted_answer found{200, {}, objects[key], {}, false};
        if (!metadata_header.empty())
            found.headers.emplace_back("x-amz-meta-unfinished-from", metadata_header);
        return found;
    }

    scripted_answer put(std::string const& key, scripted_server::request const& r) {
        objects[key] = r.body();
        if (key == "metadata.json")
            metadata_header = std::string{r["x-amz-meta-unfinished-from"]};
        return {200, {{"ETag", '"' + digest(r.body()) + '"'}}, "", {}, false};
    }

    scripted_answer listing(std::string const& target) const {
        auto const at = target.find("start-after=");
        std::string text = "<ListBucketResult>";
        if (at == std::string::npos)
            for (auto const& [key, content] : objects)
                text += "<Contents><Key>" + key + "</Key><ETag>" + digest(content) + "</ETag><Size>" +
                        std::to_string(content.size()) + "</Size></Contents>";
        return {200, {}, text + "<IsTruncated>false</IsTruncated></ListBucketResult>", {}, false};
    }

    static std::string digest(std::string const& content) {
        md5 all;
        all.add(content);
        return hex_of(all.finish());
    }
};

struct faults_fixture {
    test::temporary_directory dir;
    test::made_tree tree{dir / "tree"};
    scripted_store store;
    int asked_for_credentials = 0;
    s3_target target{options(), published_paths{export_config{}}};

    faults_fixture() { tree.publish(first_files()); }

    static std::map<std::string, std::string> first_files() {
        auto files = test::some_users(1, 20, "first");
        files["indexes/users.json"] = "[1]\n";
        files["global_stats.json"] = "{}\n";
        return files;
    }

    s3_options options() {
        s3_options o;
        o.url = store.server.url() + "/bucket";
        o.connections = 4;
        o.limits = {.connect = 2s, .no_progress = 1s, .attempts = 3, .first_pause = 1ms, .longest_pause = 5ms};
        o.spool_directory = dir.path();
        o.credentials = [this] {
            ++asked_for_credentials;
            return s3_credentials{"ACCESS", "SECRET", "TOKEN"};
        };
        return o;
    }

    std::string kind_of_failure() {
        try {
            test::step(target, tree);
        } catch (mirror_error const& e) {
            for (auto const* const secret : {"SECRET", "TOKEN"})
                CHECK_FALSE(contains(e.what(), secret));
            return e.kind();
        }
        return "";
    }

    void fail_puts(scripted_answer const& answer) {
        store.fault = [answer](auto const& r) {
            return r.method() == boost::beast::http::verb::put ? std::optional{answer} : std::nullopt;
        };
    }
};

std::vector<std::string> puts_and_deletes(scripted_server const& server) {
    std::vector<std::string> found;
    for (auto const& r : server.requests())
        if (!r.starts_with("GET"))
            found.push_back(r);
    return found;
}

} // namespace

TEST_CASE_METHOD(faults_fixture, "s3: profiles, indexes, single files, metadata.json, removals, in this order",
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

TEST_CASE_METHOD(faults_fixture, "s3: a step that was cut before its removals is begun again", "[s3]") {
    test::step(target, tree);
    tree.publish({}, {test::user_path(20)});
    store.fault = [](auto const& r) {
        return r.method() == boost::beast::http::verb::delete_ ? std::optional{error(403, "AccessDenied")}
                                                               : std::nullopt;
    };
    CHECK(kind_of_failure() == "access_denied");
    store.fault = nullptr;
    s3_target another{options(), published_paths{export_config{}}};
    CHECK(another.generation({}) == 1);
    CHECK(test::step(another, tree).removed == 1);
    CHECK(another.generation({}) == 2);
    CHECK(another.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(faults_fixture, "s3: what passes is asked again, and the step goes on", "[s3]") {
    std::map<std::string, int> asked;
    store.fault = [&](auto const& r) -> std::optional<scripted_answer> {
        switch (++asked[std::string{r.target()}]) {
        case 1:
            return error(503, "SlowDown");
        case 2:
            return scripted_answer{500, {}, "not even XML", {}, false};
        default:
            return std::nullopt;
        }
    };
    CHECK(test::step(target, tree).generation == 1);
    store.fault = nullptr;
    CHECK(target.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(faults_fixture, "s3: each failure has its kind, and nothing is announced", "[s3]") {
    auto const [answer, kind] = GENERATE(table<scripted_answer, std::string>({
        {error(503, "SlowDown"), "slow_down"},
        {error(429, "TooManyRequests"), "slow_down"},
        {error(500, "InternalError"), "server_error"},
        {error(403, "RequestTimeTooSkewed"), "clock"},
        {error(403, "InvalidAccessKeyId"), "credentials"},
        {error(403, "SignatureDoesNotMatch"), "credentials"},
        {error(400, "ExpiredToken"), "credentials"},
        {error(403, "AccessDenied"), "access_denied"},
        {error(404, "NoSuchBucket"), "no_bucket"},
        {error(301, "PermanentRedirect", "<Endpoint>elsewhere</Endpoint>"), "moved"},
        {{200, {{"ETag", "\"0cc175b9c0f1b6a831c399e269772661\""}}, "", {}, false}, "damaged"},
        {{200, {}, "0123456789", 3, false}, "truncated"},
        {{200, {}, "", {}, true}, "slow"},
        {{400, {}, std::string(3U << 20U, '<'), {}, false}, "answer"},
    }));
    INFO(kind);
    fail_puts(answer);
    CHECK(kind_of_failure() == kind);
    CHECK_FALSE(store.objects.contains("metadata.json"));
    store.fault = nullptr;
    CHECK(test::step(target, tree).generation == 1);
    CHECK(target.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(faults_fixture, "s3: listings that do not end, are without order or cut are refused", "[s3]") {
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
    store.fault = [text = content](auto const& r) -> std::optional<scripted_answer> {
        if (contains(std::string{r.target()}, "list-type=2"))
            return scripted_answer{200, {}, text, {}, false};
        return std::nullopt;
    };
    CHECK(kind_of_failure() == kind);
    CHECK(store.objects.empty());
}

TEST_CASE_METHOD(faults_fixture, "s3: a tree that moves on ends the step, and what was sent is not sent again",
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

TEST_CASE_METHOD(faults_fixture, "s3: a tree that moves on while everything is compared is caught up with", "[s3]") {
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

TEST_CASE_METHOD(faults_fixture, "s3: verify tells what is missing, differs or is too much", "[s3]") {
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
    // What only waits for the next step is no difference.
    tree.publish(test::some_users(7, 1, "later"), {test::user_path(8)});
    CHECK(target.verify(tree, 10, {}).size() == 3);
}

TEST_CASE_METHOD(faults_fixture, "s3: objects are never larger in memory than they may be", "[s3]") {
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

TEST_CASE_METHOD(faults_fixture, "s3: a stop request ends a step within a second, and the next one continues", "[s3]") {
    store.fault = [](auto const& r) -> std::optional<scripted_answer> {
        if (contains(std::string{r.target()}, test::user_path(9)))
            return scripted_answer{200, {}, "", {}, true};
        return std::nullopt;
    };
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
    store.fault = nullptr;
    CHECK(test::step(patient, tree).generation == 1);
    CHECK(patient.verify(tree, 10, {}).empty());
}

namespace {

/// Half a million files that are made when they are read, and a store that has them all.
class large_tree final : public tree_source {
public:
    static constexpr std::int64_t users = 500'000;
    static std::string text(std::int64_t id) { return "{\"user_id\": " + std::to_string(id) + "}\n"; }

    std::optional<feed_state> state(std::stop_token const&) override { return feed_state{1, 1, ""}; }
    std::optional<change_list> changes(std::uint64_t, std::stop_token const&) override { return std::nullopt; }
    std::unique_ptr<hold> keep_still(std::stop_token const&) override { return nullptr; }
    bool read(std::string const& path, take_bytes const& take, std::stop_token const&) override {
        auto const id = entity_path{standard_datasets().front().path}.id_at(path);
        if (!id)
            return false;
        take(text(*id));
        return true;
    }
    bool for_each_file(on_file const& each, std::stop_token const&) override {
        entity_path const paths{standard_datasets().front().path};
        for (std::int64_t id = 1; id <= users; ++id)
            each(paths.of(id), text(id).size());
        return true;
    }
};

/// Paths of all, in the order of names, in a file: what the store holds is not to count as the mirror's memory.
std::vector<std::streamoff> write_sorted_listing(std::filesystem::path const& file) {
    entity_path const paths{standard_datasets().front().path};
    std::vector<std::pair<std::string, std::int64_t>> all;
    for (std::int64_t id = 1; id <= large_tree::users; ++id)
        all.emplace_back(paths.of(id), id);
    std::ranges::sort(all);
    std::ofstream out{file};
    std::vector<std::streamoff> pages;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i % most_listed == 0)
            pages.push_back(out.tellp());
        auto const content = large_tree::text(all[i].second);
        out << "<Contents><Key>" << all[i].first << "</Key><ETag>" << scripted_store::digest(content) << "</ETag><Size>"
            << content.size() << "</Size></Contents>";
    }
    pages.push_back(out.tellp());
    return pages;
}

} // namespace

TEST_CASE("s3: comparing 500,000 files needs less than 64 MB", "[s3]") {
    test::temporary_directory const dir;
    auto const pages = write_sorted_listing(dir / "listing");
    ::malloc_trim(0);
    std::size_t next = 0;
    scripted_server server{[&](auto const& r) {
        if (contains(std::string{r.target()}, "metadata.json"))
            return error(404, "NoSuchKey");
        std::string page(static_cast<std::size_t>(pages[next + 1] - pages[next]), '\0');
        std::ifstream in{dir / "listing"};
        in.seekg(pages[next++]);
        in.read(page.data(), static_cast<std::streamsize>(page.size()));
        auto const more = next + 1 < pages.size() ? "true" : "false";
        return scripted_answer{200,
                               {},
                               "<ListBucketResult><IsTruncated>" + std::string{more} + "</IsTruncated>" + page +
                                   "</ListBucketResult>",
                               {},
                               false};
    }};
    s3_options o;
    o.url = server.url() + "/bucket";
    o.credentials = [] { return s3_credentials{"a", "b", {}}; };
    s3_target target{o, published_paths{export_config{}}};
    large_tree tree;
    std::ofstream{"/proc/self/clear_refs"} << 5; // the peak begins anew
    auto const before = test::resident_kb(::getpid());
    CHECK(target.verify(tree, 10, {}).empty());
    CHECK(next == 500);
    auto const peak = test::peak_resident_kb(::getpid()).value();
    INFO("before " << before << " kB, peak " << peak << " kB");
    if (test::frees_memory_at_once)
        CHECK(peak - before < 64 * 1024);
}
