// The mirror to a bucket of a real OpenStack Swift, with its S3 API.
#include "support/applied_step.hpp"
#include "support/catch.hpp"

#include "compress/gzip.hpp"
#include "http/client.hpp"
#include "mirror/error.hpp"
#include "mirror/s3/sigv4.hpp"
#include "mirror/s3/target.hpp"
#include "support/s3_step.hpp"
#include "support/temporary_directory.hpp"
#include "support/thorough.hpp"
#include "support/thrown_message.hpp"
#include "support/tree_contents.hpp"
#include "support/wait_until.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

using namespace notes_export;
using namespace notes_export::mirror;
using namespace std::chrono_literals;
using test::contains;

namespace {

std::string output_of(std::string const& command) {
    std::string text;
    auto* const pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr)
        throw std::runtime_error{"popen"};
    std::array<char, 4096> block{};
    for (std::size_t n = 0; (n = std::fread(block.data(), 1, block.size(), pipe)) > 0;)
        text.append(block.data(), n);
    if (::pclose(pipe) != 0)
        throw std::runtime_error{command + ": " + text};
    return text;
}

std::string script(std::string const& what) {
    return std::string{EXPORTD_SOURCE_DIR} + "/tests/support/swift.sh " + what;
}

/// A Swift of the test run, or one of a test's own, which it may kill.
class swift {
public:
    explicit swift(bool own) {
        auto const* const shared = std::getenv("EXPORTD_TEST_SWIFT");
        if (own) {
            m_own = (m_scratch.path() / "swift").string();
            std::filesystem::permissions(m_scratch.path(), std::filesystem::perms{0755});
            m_there = std::system(script("start " + m_own + " >/dev/null 2>&1").c_str()) == 0;
        } else {
            m_there = shared != nullptr && std::filesystem::exists(std::filesystem::path{shared} / "ports");
        }
        if (m_there)
            read_port(own ? m_own : shared);
    }
    ~swift() {
        if (!m_own.empty())
            m_there = std::system(script("stop " + m_own).c_str()) != 0;
    }
    swift(swift const&) = delete;
    swift& operator=(swift const&) = delete;

    bool there() const { return m_there; }
    std::string host() const { return "127.0.0.1:" + m_port; }
    void kill() const { output_of(script("kill " + m_own)); }
    void resume() const { output_of(script("resume " + m_own)); }

private:
    void read_port(std::string const& dir) {
        std::ifstream in{dir + "/ports"};
        std::getline(in, m_port, ' ');
        m_port.erase(0, std::string{"proxy="}.size());
    }

    test::temporary_directory m_scratch;
    std::string m_own;
    std::string m_port;
    bool m_there = false;
};

std::string time_for_amazon() {
    std::time_t const now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc)};
}

void make_bucket(swift const& store, std::string const& name) {
    auto const time = time_for_amazon();
    std::string const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    unsigned_request const r{"PUT",
                             "/" + name,
                             {},
                             {{"Host", store.host()}, {"x-amz-date", time}, {"x-amz-content-sha256", nothing}},
                             nothing};
    http::request ask;
    ask.method = "PUT";
    ask.url = "http://" + store.host() + "/" + name;
    ask.headers = [&] {
        http::header_list all{r.headers.begin(), r.headers.end()};
        all.emplace_back("Authorization", authorization(r, {"test:tester", "testing", "us-east-1", "s3"}, time));
        return all;
    };
    http::client client{{}};
    REQUIRE(client.send(ask, {}).ok());
}

struct swift_fixture {
    explicit swift_fixture(bool own = false) : store{own} {
        if (!store.there()) {
            WARN("skipped: no Swift here (tests/support/install_packages.sh test)");
            return;
        }
        static int number = 0;
        bucket = "b" + std::to_string(::getpid()) + "-" + std::to_string(++number);
        make_bucket(store, bucket);
        auto files = test::some_users(1, 40, "first");
        files["indexes/users.json"] = "[" + std::string(600'000, ' ') + "]\n";
        files["countries/7.json"] = "{}\n";
        files["global_stats.json"] = "{}\n";
        tree.publish(files);
    }

    s3_options options() const {
        s3_options o;
        o.url = "http://" + store.host() + "/" + bucket + "/data";
        o.connections = 8;
        o.limits = {.connect = 2s, .no_progress = 10s, .attempts = 2, .first_pause = 10ms, .longest_pause = 50ms};
        o.credentials = [] { return s3_credentials{"test:tester", "testing", {}}; };
        return o;
    }
    s3_target target() const { return target(options()); }
    static s3_target target(s3_options const& o) { return {o, published_paths{export_config{}}}; }

    std::string s3cmd(std::string const& what) const {
        return output_of("s3cmd --access_key=test:tester --secret_key=testing --no-ssl --host=" + store.host() +
                         " --host-bucket=" + store.host() + " --config=/dev/null --no-check-hostname --no-progress " +
                         what);
    }
    /// What is in the bucket, as a client of others reads it.
    test::tree_contents read_by_s3cmd() const {
        test::temporary_directory const copy;
        s3cmd("get --recursive --force s3://" + bucket + "/data/ " + copy.path().string() + "/");
        return test::contents_of(copy.path());
    }

    swift store;
    std::string bucket;
    test::temporary_directory dir;
    test::made_tree tree{dir / "tree"};
};

struct own_swift_fixture : swift_fixture {
    own_swift_fixture() : swift_fixture{true} {}
};

bool has_s3cmd() {
    return std::system("command -v s3cmd >/dev/null") == 0;
}

} // namespace

TEST_CASE_METHOD(swift_fixture, "s3 swift: a first step and one with changes end equal, as s3cmd sees them",
                 "[swift]") {
    if (!store.there())
        return;
    auto mine = target();
    CHECK(mine.generation({}) == 0);
    CHECK(test::step(mine, tree).written == 44);
    tree.publish(test::some_users(1, 5, "second"), {test::user_path(40)});
    auto const result = test::step(mine, tree);
    CHECK(result.written == 6);
    CHECK(result.removed == 1);
    CHECK(target().generation({}) == 2);
    CHECK(mine.verify(tree, 10, {}).empty());
    if (!has_s3cmd()) {
        WARN("skipped: no s3cmd");
        return;
    }
    CHECK(test::differences(read_by_s3cmd(), test::contents_of(tree.root())).empty());
    auto const info = s3cmd("info s3://" + bucket + "/data/" + test::user_path(1));
    INFO(info);
    CHECK(contains(info, "application/json"));
    auto const headers = s3cmd("--debug info s3://" + bucket + "/data/metadata.json");
    CHECK(contains(headers, "'cache-control': 'max-age=300'"));
    CHECK(contains(headers, "'content-type': 'application/json'"));
    CHECK_FALSE(contains(headers, "unfinished-from"));
}

TEST_CASE_METHOD(swift_fixture, "s3 swift: compressed objects hold the tree's bytes", "[swift]") {
    if (!store.there())
        return;
    auto o = options();
    o.compress = s3_compression::gzip;
    auto mine = target(o);
    test::step(mine, tree);
    CHECK(mine.generation({}) == 1);
    CHECK(mine.verify(tree, 10, {}).empty());
    s3_bucket reader{o};
    reader.renew_credentials();
    for (auto const* const path : {"metadata.json", "indexes/users.json"}) {
        auto const answer = reader.get(path, {});
        REQUIRE(answer);
        CHECK(answer->header("Content-Encoding") == "gzip");
        CHECK(gunzip(answer->content, 1'000'000) == test::contents_of(tree.root()).at(path));
    }
    // Another setting is another object: comparing finds all of them.
    CHECK(target().verify(tree, 100, {}).size() == 44);
}

TEST_CASE_METHOD(swift_fixture, "s3 swift: comparing mends what others did, and leaves what is theirs", "[swift]") {
    if (!store.there())
        return;
    auto mine = target();
    test::step(mine, tree);
    s3_bucket other{options()};
    other.renew_credentials();
    auto const put = [&](std::string const& path, std::string const& text) {
        other.run_one(other.put(path, content_of(text, path, options()), [] {}), {});
    };
    put(test::user_path(1), "{\"broken\": true}");
    put(test::user_path(4000), "{}"); // not in the tree
    put("README.md", "of others");
    put("users/notes <&> %.txt", "of others");
    other.run_one(other.remove(test::user_path(2), [] {}), {});
    CHECK(mine.verify(tree, 10, {}).size() == 3);

    change_set all;
    all.from = 1;
    all.to = 1;
    all.everything = true;
    auto const result = test::applied(mine, all, tree);
    CHECK(result.written == 3); // two profiles and metadata.json
    CHECK(result.removed == 1);
    CHECK(mine.verify(tree, 10, {}).empty());
    CHECK(other.get("README.md", {}));
    CHECK(other.get("users/notes <&> %.txt", {}));
    CHECK(mine.generation({}) == 1);
}

TEST_CASE_METHOD(swift_fixture, "s3 swift: more objects than one page of a listing", "[swift]") {
    if (!store.there())
        return;
    tree.publish(test::some_users(100, 980, "many", 60));
    auto mine = target();
    CHECK(test::step(mine, tree).written == 1024);
    CHECK(mine.verify(tree, 10, {}).empty());
    CHECK(target(options()).generation({}) == 2);
}

TEST_CASE_METHOD(swift_fixture, "s3 swift: wrong keys and a bucket that is not there say so", "[swift]") {
    if (!store.there())
        return;
    auto const kind_of = [&](s3_options const& o) {
        try {
            target(o).generation({});
        } catch (mirror_error const& e) {
            return e.kind();
        }
        return std::string{};
    };
    auto wrong_secret = options();
    wrong_secret.credentials = [] { return s3_credentials{"test:tester", "not testing", {}}; };
    CHECK(kind_of(wrong_secret) == "credentials");
    auto wrong_key = options();
    wrong_key.credentials = [] { return s3_credentials{"nobody:knows", "testing", {}}; };
    CHECK(kind_of(wrong_key) == "credentials");
    auto no_bucket = options();
    no_bucket.url = "http://" + store.host() + "/no-such-bucket";
    CHECK(kind_of(no_bucket) == "no_bucket");
}

TEST_CASE_METHOD(own_swift_fixture, "s3 swift: killed and restarted in the middle of a step, it ends equal",
                 "[swift]") {
    if (!store.there())
        return;
    auto mine = target();
    tree.publish(test::some_users(1000, 300, "first"));
    int read = 0;
    tree.before_read = [&](std::string const&) {
        if (++read == 60)
            store.kill();
    };
    std::string kind;
    try {
        test::step(mine, tree);
    } catch (mirror_error const& e) {
        kind = e.kind();
    }
    CHECK((kind == "unreachable" || kind == "truncated"));
    store.resume();
    tree.publish(test::some_users(1, 3, "while it was away"), {test::user_path(5)});
    test::step(mine, tree);
    CHECK(mine.generation({}) == 3);
    CHECK(mine.verify(tree, 10, {}).empty());
}

TEST_CASE_METHOD(swift_fixture, "s3 swift: whenever the mirror is killed, the next start ends equal", "[swift]") {
    if (!store.there())
        return;
    auto first = target();
    test::step(first, tree);
    std::mt19937 random{20261127};
    int const kills = test::thorough() ? 100 : 6;
    for (int i = 0; i < kills; ++i) {
        auto files = test::some_users(1 + i, 60, "kill " + std::to_string(i));
        files["indexes/users.json"] = "[" + std::to_string(i) + "]\n";
        tree.publish(files, {test::user_path(200 + i)});
        tree.publish({}, {test::user_path(1 + i)});
        auto const pid = ::fork();
        if (pid == 0) {
            try {
                auto mine = target();
                test::step(mine, tree);
            } catch (...) {
                ::_exit(1);
            }
            ::_exit(0);
        }
        test::milliseconds const moment{std::uniform_int_distribution<>{0, 700}(random)};
        test::wait_until([] { return false; }, moment);
        ::kill(pid, SIGKILL);
        int status = 0;
        ::waitpid(pid, &status, 0);
        auto next = target();
        test::step(next, tree);
        CHECK(next.generation({}) == tree.generation());
        auto const found = next.verify(tree, 10, {});
        INFO("kill " << i);
        CHECK(found.empty());
    }
}
