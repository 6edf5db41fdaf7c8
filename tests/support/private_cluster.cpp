#include "support/private_cluster.hpp"

#include "support/wait_until.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace test {

namespace {

std::string const script{EXPORTD_SOURCE_DIR "/tests/support/private_postgres.sh"};

std::filesystem::path unused_directory() {
    static std::atomic<int> next{0};
    return "/tmp/exportd-pg-" + std::to_string(::getpid()) + '-' + std::to_string(next++);
}

/// Of all tests of this build directory; empty: there is none.
std::filesystem::path shared_server() {
    char const* const directory = std::getenv("EXPORTD_TEST_PGHOST");
    return directory == nullptr ? "" : directory;
}

void run(std::string const& command) {
    if (std::system((command + " >/dev/null").c_str()) != 0)
        throw std::runtime_error{"failed: " + command};
}

std::string text_of(std::filesystem::path const& file) {
    std::ifstream in{file};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void write(std::filesystem::path const& file, std::string const& text, std::ios::openmode mode) {
    if (!(std::ofstream{file, mode} << text).flush())
        throw std::runtime_error{"cannot write " + file.string()};
}

} // namespace

suspended_process::suspended_process(pid_t pid) : m_pid{pid} {
    if (::kill(pid, SIGSTOP) != 0)
        throw std::system_error{errno, std::generic_category(), "stop process " + std::to_string(pid)};
}

void suspended_process::resume() {
    if (m_pid > 0)
        ::kill(m_pid, SIGCONT); // it may have been killed meanwhile
    m_pid = 0;
}

private_cluster::private_cluster() : m_directory{unused_directory()} {
    guard();
    if (auto const shared = shared_server(); std::filesystem::exists(shared / "seed"))
        run(script + " copy " + host() + ' ' + shared.string());
    else
        run(EXPORTD_SOURCE_DIR "/tests/support/test_server.sh start " + host());
    set("synchronous_commit", "on");
}

private_cluster::private_cluster(standby_tag, private_cluster const& primary) : m_directory{unused_directory()} {
    guard();
    run(script + " standby " + host() + ' ' + primary.host());
}

// The guard is nobody's child, so that whoever kills the test and all its children does not kill the guard.
void private_cluster::guard() {
    m_guard = ::popen(("setsid --fork " + script + " guard " + host() + " >/dev/null 2>&1").c_str(), "we");
    if (m_guard == nullptr)
        throw std::system_error{errno, std::generic_category(), "start the guard of " + host()};
}

private_cluster::~private_cluster() {
    ::pclose(m_guard);
    wait_until([this] { return !std::filesystem::exists(m_directory); });
}

pid_t private_cluster::postmaster() const {
    return std::stoi(text_of(configuration("postmaster.pid")));
}

void private_cluster::stop(std::string const& mode) {
    run(script + " halt " + host() + ' ' + mode);
}

void private_cluster::start() {
    run(script + " resume " + host());
}

void private_cluster::promote() {
    run(script + " promote " + host());
}

void private_cluster::reload() const {
    if (::kill(postmaster(), SIGHUP) != 0)
        throw std::system_error{errno, std::generic_category(), "reload " + host()};
}

void private_cluster::set(std::string const& name, std::string const& value) {
    write(configuration("postgresql.conf"), name + " = '" + value + "'\n", std::ios::app);
    reload();
}

void private_cluster::prepend_access_rule(std::string const& rule) {
    auto const file = configuration("pg_hba.conf");
    write(file, rule + '\n' + text_of(file), std::ios::trunc);
    reload();
}

} // namespace test
