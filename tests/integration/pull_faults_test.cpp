// What may go wrong between a mirror and somebody else's tree: a real server that answers as a test says.
#include "support/catch.hpp"

#include "files/hex.hpp"
#include "support/pull_faults.hpp"
#include "support/server_process.hpp"
#include "support/thrown_message.hpp"

#include <atomic>
#include <csignal>
#include <utility>

namespace test {

namespace {

namespace fs = std::filesystem;

} // namespace

TEST_CASE_METHOD(one_behind, "pull mirror: other bytes than the list says are an error, with what was expected",
                 "[pull]") {
    auto text = read_file(tree.root() / user_at(2));
    text[text.size() - 3] = 'X';
    fails(*this, at('/' + user_at(2), plain(200, text)), "differs", "expected " + std::to_string(text.size()));
    fails(*this, at('/' + user_at(2), plain(200, text + " ")), "differs",
          "got " + std::to_string(text.size() + 1) + " bytes with SHA-256 ");
    CHECK(read_file(copy / user_at(2)) != text);
    CHECK(fs::exists(copy / user_at(5))); // nothing is removed before metadata.json
    scripted_server const server{script(nothing_else())};
    CHECK(run(server.url()).status == 0);
    CHECK(equal());
}

TEST_CASE_METHOD(one_behind, "pull mirror: a listed file that is not there is named", "[pull]") {
    fails(*this, at('/' + user_at(77), plain(404)), "missing", user_at(77) + ": not what the change lists");
}

TEST_CASE_METHOD(one_behind, "pull mirror: a tree that moves on while it is read is no failure", "[pull]") {
    bool moved = false;
    scripted_server const server{script([&](std::string const& target) -> std::optional<scripted_answer> {
        if (target == '/' + user_at(2) && !std::exchange(moved, true)) {
            put(2, "third"); // the list that was read is of the second
            remove(77);
            publish();
        }
        return std::nullopt;
    })};
    auto const step = run(server.url());
    INFO(step.errors);
    CHECK(step.status == 0);
    CHECK(moved);
    CHECK(state()->generation == 3);
    CHECK(state()->errors == 0);
    CHECK(equal());
}

TEST_CASE_METHOD(pull_fixture, "pull mirror: a tree that moves on during the first copy is caught up with", "[pull]") {
    publish_first(200);
    int moves = 0;
    scripted_server const server{script([&](std::string const& target) -> std::optional<scripted_answer> {
        if (target == '/' + user_at(100) && moves == 0) {
            ++moves;
            put(1, "second");
            put(150, "second");
            put(300, "new");
            remove(199);
            publish();
        }
        return std::nullopt;
    })};
    auto const step = run(server.url());
    INFO(step.errors);
    CHECK(step.status == 0);
    CHECK(moves == 1);
    CHECK(state()->generation == 2);
    CHECK(differing() == std::vector<std::string>{});
}

TEST_CASE_METHOD(one_behind, "pull mirror: redirects are followed, but not from https to http, nor for ever",
                 "[pull]") {
    scripted_server target{script(nothing_else())};
    scripted_server const old{[&](auto const& asked) { return sent_to(target.url() + std::string{asked.target()}); }};
    auto const step = run(old.url() + "/");
    INFO(step.errors);
    CHECK(step.status == 0);
    CHECK(equal());
    auto const round = [](std::string const& where) { return sent_to(where); };
    fails(*this, round, "redirected", "the server sends on and on");
    fails(
        *this, [](auto const&) { return sent_to("ftp://127.0.0.1/x"); }, "redirected", "not followed from http to ftp");
    fails(
        *this, [](auto const&) { return sent_to(""); }, "redirected", "sends to nowhere");
    scripted_server const safe{[&](auto const& asked) { return sent_to(target.url() + std::string{asked.target()}); },
                               make_certificate(root.path(), "server")};
    auto const asked_before = target.requests().size();
    auto const refused = run(safe.url(), {"--once"}, {{"SSL_CERT_FILE", (root / "server.pem").string()}});
    CHECK(refused.status == 3);
    CHECK(contains(refused.errors, "not followed from https to http"));
    CHECK(target.requests().size() == asked_before);
}

TEST_CASE_METHOD(one_behind, "pull mirror: a certificate that nobody trusts is a failure of its own", "[pull]") {
    auto const certificate = make_certificate(root.path(), "server");
    scripted_server const server{script(nothing_else()), certificate};
    CHECK(run(server.url()).status == 3);
    CHECK(state()->error_kind == "tls");
    CHECK(run(server.url(), {"--once"}, {{"SSL_CERT_FILE", certificate.chain.string()}}).status == 0);
    CHECK(equal());
}

TEST_CASE_METHOD(one_behind, "pull mirror: what a server answers instead is told as what it is", "[pull]") {
    std::string const state_json = "/changes/state.json";
    fails(*this, at(state_json, plain(401)), "forbidden", "wants a user and a password");
    fails(*this, at(state_json, plain(403)), "forbidden", "does not allow it");
    fails(*this, at(state_json, plain(200, "<html>")), "no_feed", "no state of a change feed");
    fails(*this, at(state_json, plain(200, std::string(200'000, ' '))), "too_long", "longer than");
    fails(*this, at(state_json, plain(204)), "unexpected_answer", "status 204");
    auto packed = plain(200, "x");
    packed.headers = {{"Content-Encoding", "gzip"}};
    fails(*this, at('/' + user_at(2), packed), "encoded", "compressed");
    scripted_server server{script(at(state_json, plain(503)))};
    auto const busy = run(server.url());
    CHECK(busy.status == 3);
    CHECK(state()->error_kind == "server_error");
    CHECK(server.requests().size() > 2); // tried again
}

TEST_CASE_METHOD(one_behind, "pull mirror: an answer that breaks off is asked for again", "[pull]") {
    int broken = 0;
    scripted_server const server{script([&](std::string const& target) -> std::optional<scripted_answer> {
        if (target != "/" + user_at(2) || ++broken > 1)
            return std::nullopt;
        auto half = plain(200, read_file(tree.root() / user_at(2)));
        half.cut_after = 10;
        return half;
    })};
    CHECK(run(server.url()).status == 0);
    CHECK(broken == 2);
    CHECK(equal());
}

TEST_CASE_METHOD(one_behind, "pull mirror: a large file waits in a temporary one until all of it is there", "[pull]") {
    constexpr std::size_t size = 3'000'000, cut = 2'000'000;
    tree.put("global_stats.json", '"' + std::string(size, 'x') + '"');
    put(2, "third");
    publish();
    int sent = 0;
    scripted_server const server{script([&](std::string const& target) -> std::optional<scripted_answer> {
        if (target != "/global_stats.json")
            return std::nullopt;
        auto large = plain(200, read_file(tree.root() / "global_stats.json"));
        if (++sent == 2)
            large.cut_after = cut;
        return large;
    })};
    auto const nowhere = run(server.url(), {"--once"}, {{"TMPDIR", (root / "none").string()}});
    CHECK(nowhere.status == 3);
    CHECK(state()->error_kind == "no_temporary_room");
    CHECK(contains(nowhere.errors, "TMPDIR"));
    fs::create_directory(root / "temporary");
    auto const step = run(server.url(), {"--once"}, {{"TMPDIR", (root / "temporary").string()}});
    INFO(step.errors);
    CHECK(step.status == 0);
    CHECK(sent == 3);
    CHECK(equal());
    CHECK(fs::is_empty(root / "temporary"));
}

TEST_CASE_METHOD(one_behind, "pull mirror: a server that cannot be reached is told, and no password with it",
                 "[pull]") {
    silent_port port;
    auto const url = "127.0.0.1:" + port.number() + "/data";
    port.close();
    auto const step = run("http://me:secret@" + url);
    CHECK(step.status == 3);
    CHECK(state()->error_kind == "unreachable");
    CHECK(contains(step.errors, "http://" + url + "/changes/state.json"));
    CHECK_FALSE(contains(step.errors + read_file(copy / ".exportd/mirrors/pull.json"), "secret"));
    CHECK(run("http://127.0.0.1/x?token=secret").status == 78);
}

TEST_CASE_METHOD(one_behind, "pull mirror: user and password go to the server that they are for, and no other one",
                 "[pull]") {
    std::set<std::string> seen;
    scripted_server const other{[&](scripted_server::request const& asked) {
        seen.insert("other " + std::string{asked[boost::beast::http::field::authorization]});
        return file_of(asked);
    }};
    scripted_server* self = nullptr;
    scripted_server server{[&](scripted_server::request const& asked) {
        auto const target = std::string{asked.target()};
        seen.insert("server " + std::string{asked[boost::beast::http::field::authorization]});
        if (target.starts_with("/old"))
            return sent_to(self->url() + target.substr(4));
        return target == "/changes/state.json" ? file_of(asked) : sent_to(other.url() + target);
    }};
    self = &server;
    auto const step = run("http://me:secret@" + server.url().substr(7) + "/old");
    INFO(step.errors);
    CHECK(step.status == 0);
    CHECK(equal());
    CHECK(seen == std::set<std::string>{"other ", "server Basic bWU6c2VjcmV0"});
    CHECK_FALSE(contains(step.errors, "secret"));
}

TEST_CASE_METHOD(one_behind, "pull mirror: lists do not lead out of what the exporter publishes", "[pull]") {
    tree.put("other/file.json", "{}");
    publish();
    scripted_server const server{script(nothing_else())};
    auto const step = run(server.url());
    CHECK(step.status == 3);
    CHECK(contains(step.errors, "names \"other/file.json\""));
    CHECK_FALSE(fs::exists(copy / "other"));
    CHECK(state()->generation == 1);
}

TEST_CASE_METHOD(one_behind, "pull mirror: a list without metadata.json, or with another one, is none to follow",
                 "[pull]") {
    auto const path = tree.root() / "changes/000/000/002.json";
    auto const text = read_file(path);
    auto const from = text.find("{\"path\": \"metadata.json\"");
    REQUIRE(from != std::string::npos);
    auto shorter = text;
    shorter.erase(shorter.rfind(',', from), text.find('}', from) + 1 - shorter.rfind(',', from));
    fails(*this, at("/changes/000/000/002.json", plain(200, shorter)), "bad_list", "does not name metadata.json");
    auto const other = published_tree::metadata_text(9);
    auto lying = text;
    auto const entry = "{\"path\":\"metadata.json\",\"size\":" + std::to_string(other.size()) + ",\"sha256\":\"" +
                       notes_export::hex_of(notes_export::sha256_of(other)) + "\"}";
    lying.replace(from, text.find('}', from) + 1 - from, entry);
    fails(
        *this,
        [&](std::string const& target) -> std::optional<scripted_answer> {
            if (target == "/metadata.json")
                return plain(200, other);
            return target == "/changes/000/000/002.json" ? std::optional{plain(200, lying)} : std::nullopt;
        },
        "bad_list", "not of that generation");
}

TEST_CASE_METHOD(pull_fixture, "pull mirror: an index that does not list all is no list of the tree", "[pull]") {
    publish_first(5);
    fails(*this, at("/indexes/users.json", plain(200, "[{\"user_id\":1}]\n")), "cannot_list",
          "lists 1 of the 5 profiles");
    fails(*this, at("/indexes/users.json", plain(200, "<html>")), "damaged_index", "no array of objects");
    CHECK_FALSE(fs::exists(copy / user_at(1)));
}

TEST_CASE_METHOD(pull_fixture, "pull mirror: profiles that an index lists and nobody serves are told", "[pull]") {
    publish_first(5);
    scripted_server const server{script(at('/' + user_at(3), plain(404)))};
    auto const step = run(server.url());
    CHECK(step.status == 0);
    CHECK(contains(step.errors, "1 files that the tree lists are not there, such as " + user_at(3)));
}

TEST_CASE_METHOD(one_behind, "pull mirror: a version file that the web server hides does not matter", "[pull]") {
    tree.put(".json_export_version", "1.1.0\n");
    put(2, "third");
    publish();
    scripted_server const server{script(at("/.json_export_version", plain(403)))};
    CHECK(run(server.url()).status == 0);
    CHECK(differing() == std::vector<std::string>{".json_export_version"});
    fs::remove(copy / "metadata.json");
    CHECK(run(server.url()).status == 0);
    CHECK(state()->generation == 3);
}

TEST_CASE_METHOD(one_behind, "pull mirror: a stop request ends it within seconds, whatever the server does", "[pull]") {
    for (auto const& path : {std::string{"/changes/state.json"}, '/' + user_at(2), std::string{"/metadata.json"}}) {
        CAPTURE(path);
        std::atomic<bool> reached = false;
        scripted_server const server{script([&](std::string const& target) -> std::optional<scripted_answer> {
            if (target != path)
                return std::nullopt;
            reached = true;
            auto stalled = plain(200);
            stalled.silent = true;
            return stalled;
        })};
        auto mirror = start(server.url());
        REQUIRE(wait_until([&] { return reached.load(); }));
        mirror.signal(SIGTERM);
        CHECK(mirror.wait_exit(milliseconds{5000}) == 0);
    }
}

TEST_CASE_METHOD(one_behind, "pull mirror: news are seen whatever tag a server gives them, and caches are asked to ask",
                 "[pull]") {
    std::atomic<int> looks = 0;
    scripted_server const server{[&](scripted_server::request const& asked) {
        auto answer = file_of(asked);
        answer.headers = {{"ETag", "\"always the same\""}};
        bool const conditional = asked.count(boost::beast::http::field::if_none_match) > 0;
        bool const to_server = asked[boost::beast::http::field::cache_control] == "no-cache";
        looks += to_server && asked.target() == "/changes/state.json" ? 1 : 0;
        return conditional ? plain(304) : to_server ? answer : plain(500);
    }};
    auto mirror = start(server.url());
    REQUIRE(wait_until([&] { return equal() && looks > 1; }));
    publish_change(1);
    CHECK(wait_until([&] { return equal(); }));
    mirror.signal(SIGTERM);
    CHECK(mirror.wait_exit(milliseconds{5000}) == 0);
}

} // namespace test
