#include "crash/model_program.hpp"

#include <chrono>
#include <csignal>
#include <poll.h>
#include <stdexcept>

namespace model {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;
constexpr auto cycle_patience = 25s; ///< the longest pause after failures is over by then

/// What a cycle may end with while the warehouse is being taken apart: never a bug, never a crash.
bool acceptable(int status) {
    constexpr int failure = 1;
    constexpr int unavailable = 69;
    constexpr int locked = 75;
    return status == 0 || status == failure || status == unavailable || status == locked;
}

} // namespace

program::program(std::filesystem::path directory, test::daemon_settings settings, bool daemon)
    : m_directory{std::move(directory)}, m_settings{std::move(settings)}, m_is_daemon{daemon} {}

std::filesystem::path program::unused_name(std::string const& what) {
    return m_directory / (what + '-' + std::to_string(m_started++));
}

program::ended program::run(std::vector<std::string> arguments, test::daemon_settings const& settings) {
    auto const name = unused_name(arguments.front());
    settings.write(name.string() + ".conf");
    arguments.insert(arguments.end(), {"--config", name.string() + ".conf"});
    test::child_process command{name, arguments};
    auto const status = command.wait_exit(patience);
    if (!status)
        throw std::runtime_error{arguments.front() + " does not end:\n" + command.output() + command.errors()};
    return {*status, command.output(), command.errors()};
}

void program::start_daemon() {
    m_daemon.emplace(m_directory, m_settings);
    m_daemon->wait_for_event("started");
}

void program::begin_cycle() {
    if (m_is_daemon) {
        if (!m_daemon)
            start_daemon();
        m_daemon->process().signal(SIGUSR1);
        return;
    }
    if (m_once && !m_once->wait_exit(0ms))
        return;
    finish_background();
    auto const name = unused_name("once");
    m_settings.write(name.string() + ".conf");
    m_once.emplace(name, std::vector<std::string>{"once", "--config", name.string() + ".conf"});
}

void program::kill_cycle(int after_ms) {
    begin_cycle();
    ::poll(nullptr, 0, after_ms);
    auto& process = m_is_daemon ? m_daemon->process() : *m_once;
    if (!process.wait_exit(0ms)) {
        process.signal(SIGKILL);
        process.wait_exit(patience);
    }
    if (m_is_daemon)
        start_daemon();
}

void program::finish_background() {
    if (!m_once)
        return;
    auto const status = m_once->wait_exit(patience);
    if (!status || (*status != -SIGKILL && !acceptable(*status)))
        throw std::runtime_error{"once ended with " + (status ? std::to_string(*status) : "nothing") + ":\n" +
                                 m_once->output() + m_once->errors()};
    m_once.reset();
}

program::ended program::quiet_cycle() {
    finish_background();
    return m_is_daemon ? cycle_of_daemon() : run({"once"});
}

// Records are kept by what they tell, for the same accounts as the output of `once`.
program::ended program::cycle_of_daemon() {
    if (!m_daemon)
        start_daemon();
    auto const before = m_daemon->log().size();
    auto const asked = std::chrono::system_clock::now();
    m_daemon->process().signal(SIGUSR1);
    m_daemon->wait_for(
        "a cycle",
        [&] {
            for (auto const& record : m_daemon->log())
                if (record.event == "cycle_finished" && record.cycle_began() >= asked)
                    return true;
            return false;
        },
        cycle_patience);
    ended result{0, "", ""};
    auto const log = m_daemon->log();
    for (std::size_t i = before; i < log.size(); ++i)
        if (log[i].event == "cycle_warning")
            result.output += "warning: " + log[i].message + '\n';
        else
            result.output += log[i].event + ' ' + log[i].message + ' ' + log[i].field("error") + '\n';
    return result;
}

void program::stop() {
    finish_background();
    if (!m_daemon)
        return;
    m_daemon->process().signal(SIGTERM);
    auto const status = m_daemon->process().wait_exit(patience);
    if (status != 0)
        throw std::runtime_error{"SIGTERM ended the daemon with " + (status ? std::to_string(*status) : "nothing") +
                                 ":\n" + m_daemon->process().errors()};
    m_daemon.reset();
}

} // namespace model
