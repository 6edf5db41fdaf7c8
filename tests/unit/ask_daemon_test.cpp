// Who listens where a daemon should is not trusted to be one.
#include "support/catch.hpp"

#include "command/live_text.hpp"
#include "settings/status_socket.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"

#include <array>
#include <cstring>
#include <functional>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;
using namespace exportd;
using test::contains;

namespace {

/// Takes one connection and does with it what it is told.
class odd_listener {
public:
    odd_listener(std::filesystem::path const& path, std::function<void(int)> serve)
        : m_fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.native().size());
        REQUIRE(::bind(m_fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0);
        REQUIRE(::listen(m_fd, 1) == 0);
        m_thread = std::thread{[this, serve = std::move(serve)] {
            int const client = ::accept(m_fd, nullptr, nullptr);
            std::array<char, 4096> request{};
            [[maybe_unused]] auto const n = ::recv(client, request.data(), request.size(), 0);
            serve(client);
            ::close(client);
        }};
    }
    ~odd_listener() {
        m_thread.join();
        ::close(m_fd);
    }
    odd_listener(odd_listener const&) = delete;
    odd_listener& operator=(odd_listener const&) = delete;

private:
    int m_fd;
    std::thread m_thread;
};

void say(int fd, std::string const& text) {
    [[maybe_unused]] auto const n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

std::string const ok = "HTTP/1.1 200 OK\r\n\r\n";

live_state told(std::string const& json) {
    return {{json, "", false}, "/srv/json"};
}

} // namespace

TEST_CASE("ask_daemon: nobody listens", "[live]") {
    test::temporary_directory const root;
    auto const answer = ask_daemon(root / "none.sock", 1s);
    CHECK(answer.absent);
    CHECK(answer.json.empty());
    CHECK(contains(answer.problem, "none.sock: No such file or directory"));
}

TEST_CASE("ask_daemon: takes the body of the answer", "[live]") {
    test::temporary_directory const root;
    odd_listener const daemon{root / "s", [](int fd) { say(fd, ok + "{\"a\":1}\n"); }};
    auto const answer = ask_daemon(root / "s", 20s);
    CHECK(answer.json == "{\"a\":1}\n");
    CHECK(answer.problem.empty());
}

TEST_CASE("ask_daemon: one that never answers is waited for as long as was said", "[live]") {
    test::temporary_directory const root;
    odd_listener const daemon{root / "s", [](int fd) {
                                  char any = 0;
                                  while (::recv(fd, &any, 1, 0) > 0) {
                                  }
                              }};
    auto const answer = ask_daemon(root / "s", 200ms);
    CHECK_FALSE(answer.absent);
    CHECK(contains(answer.problem, "no answer in time"));
}

TEST_CASE("ask_daemon: one that never ends is cut off", "[live]") {
    test::temporary_directory const root;
    odd_listener const daemon{root / "s", [](int fd) {
                                  say(fd, ok);
                                  std::string const much(1 << 20, 'x');
                                  while (::send(fd, much.data(), much.size(), MSG_NOSIGNAL) > 0) {
                                  }
                              }};
    CHECK(contains(ask_daemon(root / "s", 60s).problem, "body limit exceeded"));
}

TEST_CASE("ask_daemon: one of another kind is no daemon", "[live]") {
    test::temporary_directory const root;
    odd_listener const daemon{root / "s", [](int fd) { say(fd, "220 mail.example ESMTP\r\n\r\n"); }};
    CHECK(contains(ask_daemon(root / "s", 20s).problem, "no osm-notes-exportd"));
}

TEST_CASE("live state: a daemon of another tree does not count", "[live]") {
    auto const live = told(R"({"directory":"/srv/other","state":"well"})");
    CHECK_FALSE(live.known());
    CHECK(live.absent());
    CHECK(contains(live.problem(), "/srv/other"));
}

TEST_CASE("live state: what is odd or missing is left out", "[live]") {
    for (auto const* json : {"", "[]", "{", "null", "{\"directory\":1}", "\"\\ud800\""})
        CHECK_FALSE(told(json).known());
    auto const live = told(R"({"directory":"/srv/json","state":"well","word":5,"reasons":[1,{"text":"a\u001b[2J"}],
        "pid":1e300,"cycle":{"seconds":-5,"rows":"x"},"datasets":[3,{"held":"x"}],"listener":{}})");
    REQUIRE(live.known());
    CHECK(contains(live.lines(), "a\\x1b[2J"));
    CHECK_FALSE(contains(live.lines(), "\x1b"));
}

TEST_CASE("live state: a cycle is told with rows, rate and time left", "[live]") {
    auto const live = told(R"({"directory":"/srv/json","state":"failing","cycle":{"running_since":"T","seconds":12.4,
        "phase":"render","rows_done":120,"rows":500,"rows_per_second":10.2,"seconds_left":38.9}})");
    CHECK(contains(live.lines(), "running since T, for 12 s: render, 120 of 500 rows, 10 a second, 38 s left"));
}

TEST_CASE("live state: how the hook ended, and the last line of its output", "[live]") {
    auto const of_hook = [](std::string const& members) {
        return told(R"({"directory":"/srv/json","state":"well","hook":{)" + members + "}}").lines();
    };
    CHECK_FALSE(contains(of_hook(R"("problem":"","last_line":"","last_success_at":null)"), "Hook"));
    CHECK(contains(of_hook(R"("problem":"","last_line":"","last_success_at":"T")"), "Hook       ran well at T\n"));
    CHECK(contains(of_hook(R"("problem":"exit status 3","last_line":"no\u001b route","failing_since":"T")"),
                   "Hook       fails since T: exit status 3; last line: no\\x1b route\n"));
}

TEST_CASE("status socket: in the runtime directory of the service", "[live]") {
    auto const with = [](char const* value) {
        return status_socket([value](std::string_view name) -> std::optional<std::string> {
                   return name == "RUNTIME_DIRECTORY" && value != nullptr ? std::optional<std::string>{value}
                                                                          : std::nullopt;
               })
            .socket;
    };
    CHECK(with(nullptr) == "/run/osm-notes-exportd/status.sock");
    CHECK(with("/run/a") == "/run/a/status.sock");
    CHECK(with("/run/a:/run/b") == "/run/a/status.sock");
    CHECK(with("relative") == "/run/osm-notes-exportd/status.sock");
}
