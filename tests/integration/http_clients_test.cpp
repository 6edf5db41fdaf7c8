// Clients that are slow, many, or talk nonsense.
#include "support/catch.hpp"
#include "support/process_figures.hpp"
#include "support/served_daemon.hpp"
#include "support/thrown_message.hpp"

#include <chrono>
#include <thread>

namespace test {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// Connections that send a header a byte at a time and never end it, and nonsense in between, until the object ends.
class hostile_crowd {
public:
    hostile_crowd(std::uint16_t port, std::size_t size) : m_port{port}, m_size{size}, m_thread{[this] { pester(); }} {}
    ~hostile_crowd() {
        m_over = true;
        m_thread.join();
    }
    hostile_crowd(hostile_crowd const&) = delete;
    hostile_crowd& operator=(hostile_crowd const&) = delete;

    std::size_t rounds() const noexcept { return m_rounds; }
    std::size_t opened() const noexcept { return m_opened; }

private:
    static std::string nonsense(std::size_t i) {
        switch (i % 5) {
        case 0:
            return std::string(20'000, 'A');
        case 1:
            return std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\0\0", 13);
        case 2:
            return "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n";
        case 3:
            return "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n";
        default:
            return "GET /profile?dataset=users&id=" + std::string(4000, '9') + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        }
    }
    void pester() {
        while (!m_over) {
            std::vector<raw_connection> slow;
            for (std::size_t i = 0; i < m_size && !m_over; ++i) {
                slow.emplace_back(m_port);
                slow.back().send(i % 2 == 0 ? "G" : nonsense(i));
                ++m_opened;
            }
            for (auto const& c : slow)
                c.send("E");
            ++m_rounds;
        }
    }

    std::uint16_t m_port;
    std::size_t m_size;
    std::atomic<bool> m_over = false;
    std::atomic<std::size_t> m_rounds = 0;
    std::atomic<std::size_t> m_opened = 0;
    std::thread m_thread;
};

} // namespace

TEST_CASE_METHOD(served_fixture,
                 "http clients: a thousand slow and senseless ones neither hold up an export nor lock anybody out",
                 "[http][db]") {
    start_settled();
    auto const pid = daemon->process().pid();
    auto const descriptors_before = descriptors(pid);
    {
        hostile_crowd const crowd{port, 1000};
        REQUIRE(wait_until([&] { return crowd.opened() >= 1000; }));
        for (int i = 0; i < 20; ++i) {
            auto const u = nth_user(i);
            change_user(u.key, 5000 + i);
            run_cycle(*daemon);
            CHECK(file(u.path).find("\"history_whole_open\":" + std::to_string(5000 + i)) != std::string::npos);
            // The newest connection drives out the oldest, so this one may itself be driven out: try again.
            CHECK(wait_until([&] {
                auto const text = [&] {
                    raw_connection const c{port};
                    c.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
                    return c.receive();
                }();
                return text.starts_with("HTTP/1.1 200");
            }));
        }
        CHECK(wait_until([&] { return crowd.rounds() >= 1; }));
        CHECK(descriptors(pid) < descriptors_before + 40);
    }
    CHECK(wait_until([&] { return descriptors(pid) <= descriptors_before; }));
    if (frees_memory_at_once)
        CHECK(resident_kb(pid) < 200'000);
    CHECK(verify().clean());
    CHECK(daemon->stop() == 0);
}

TEST_CASE_METHOD(served_fixture, "http clients: an unfinished request ends after its deadline, however it trickles",
                 "[http][db]") {
    start_settled();
    raw_connection const slow{port};
    auto const begin = clock::now();
    std::atomic<bool> over = false;
    std::thread trickle{[&] {
        while (!over && slow.send("x"))
            std::this_thread::yield();
    }};
    raw_connection const silent{port};
    CHECK(silent.receive().empty());
    over = true;
    trickle.join();
    CHECK(clock::now() - begin >= 3s);
    CHECK(clock::now() - begin < 20s);
}

TEST_CASE_METHOD(served_fixture, "http clients: one that does not read its answer is left", "[http][db]") {
    start_settled();
    auto const pid = daemon->process().pid();
    auto const before = descriptors(pid);
    std::vector<raw_connection> deaf;
    for (int i = 0; i < 30; ++i) {
        deaf.emplace_back(port);
        deaf.back().send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    CHECK(wait_until([&] { return descriptors(pid) <= before; }));
    CHECK(get("/healthz").status == 200);
}

TEST_CASE_METHOD(served_fixture, "http clients: nonsense is answered with 400 or not at all", "[http][db]") {
    start();
    for (std::string const text : {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
                                   "GET / HTTP/1.1\r\nHost localhost\r\n\r\n"}) {
        raw_connection const c{port};
        c.send(text);
        CHECK(parse_reply(c.receive()).status == 400);
    }
    raw_connection const long_header{port};
    long_header.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
    CHECK_FALSE(contains(long_header.receive(), "200 OK"));
    CHECK(get("/healthz").status == 200);
}

} // namespace test
