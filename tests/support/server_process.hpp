#pragma once

#include "support/wait_until.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <netinet/in.h>
#include <optional>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace test {

/// A socket that listens on loopback and never says anything; closed at once it is a port where nobody listens.
class silent_port {
public:
    silent_port() : m_fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address); // NOLINT
        if (::bind(m_fd, any, size) != 0 || ::listen(m_fd, 4) != 0 || ::getsockname(m_fd, any, &size) != 0)
            throw std::runtime_error{"no port on loopback"};
        m_port = ntohs(address.sin_port);
    }
    ~silent_port() { close(); }
    silent_port(silent_port const&) = delete;
    silent_port& operator=(silent_port const&) = delete;
    void close() {
        if (m_fd >= 0)
            ::close(std::exchange(m_fd, -1));
    }
    std::string number() const { return std::to_string(m_port); }

private:
    int m_fd;
    int m_port = 0;
};

inline bool answers(int port) {
    int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    bool const there = ::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0; // NOLINT
    ::close(fd);
    return there;
}

/// A server of others, in a process group of its own, until this object goes.
class server_process {
public:
    server_process(std::vector<std::string> words, int port) {
        std::vector<char*> pointers;
        for (auto& w : words)
            pointers.push_back(w.data());
        pointers.push_back(nullptr);
        posix_spawnattr_t how;
        ::posix_spawnattr_init(&how);
        ::posix_spawnattr_setpgroup(&how, 0);
        ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP);
        int const error = ::posix_spawnp(&m_pid, pointers[0], nullptr, &how, pointers.data(), ::environ);
        ::posix_spawnattr_destroy(&how);
        if (error != 0)
            throw std::runtime_error{"cannot start " + words[0]};
        if (!wait_until([&] { return answers(port); }))
            throw std::runtime_error{words[0] + " does not answer"};
    }
    ~server_process() {
        ::kill(-m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
    server_process(server_process const&) = delete;
    server_process& operator=(server_process const&) = delete;

private:
    pid_t m_pid = -1;
};

inline int free_port() {
    silent_port port;
    return std::stoi(port.number());
}

/// While it lives, a variable of our environment has this value.
class set_variable {
public:
    set_variable(std::string name, std::string const& value) : m_name{std::move(name)} {
        if (auto const* const before = std::getenv(m_name.c_str()))
            m_before = before;
        ::setenv(m_name.c_str(), value.c_str(), 1);
    }
    ~set_variable() {
        if (m_before)
            ::setenv(m_name.c_str(), m_before->c_str(), 1);
        else
            ::unsetenv(m_name.c_str());
    }
    set_variable(set_variable const&) = delete;
    set_variable& operator=(set_variable const&) = delete;

private:
    std::string m_name;
    std::optional<std::string> m_before;
};

} // namespace test
