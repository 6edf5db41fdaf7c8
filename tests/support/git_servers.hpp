#pragma once

#include "mirror/child_process.hpp"
#include "support/git_mirror_fixture.hpp"
#include "support/server_process.hpp"

#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace test {

/// sshd on loopback that lets one key in, and a client that knows its host key.
class ssh_server {
public:
    explicit ssh_server(temporary_directory const& place) : m_place{place}, m_port{free_port()} {
        for (auto const* const name : {"host", "user", "stranger"})
            shell("ssh-keygen -q -t ed25519 -N '' -f " + path(name));
        shell("cp " + path("user.pub") + ' ' + path("authorized"));
        std::ofstream{path("config")} << "Port " << m_port << "\nListenAddress 127.0.0.1\nHostKey " << path("host")
                                      << "\nAuthorizedKeysFile " << path("authorized")
                                      << "\nPidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n"
                                         "KbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups 100\n";
        std::ofstream{path("known")} << "[127.0.0.1]:" << m_port << ' ' << shell("cat " + path("host.pub"));
        // Of root's sshd only; the package makes it at boot.
        if (::geteuid() == 0)
            std::filesystem::create_directories("/run/sshd");
        m_server.emplace(
            std::vector<std::string>{"/usr/sbin/sshd", "-D", "-e", "-f", path("config"), "-E", path("log")}, m_port);
    }
    std::string url(std::string const& repository) const {
        return "ssh://" + trimmed(shell("id -un")) + "@127.0.0.1:" + std::to_string(m_port) + repository;
    }
    /// For GIT_SSH_COMMAND.
    std::string client(std::string const& key = "user", std::string const& known = "known") const {
        return "ssh -F none -oBatchMode=yes -oConnectTimeout=10 -oIdentitiesOnly=yes -i " + path(key) +
               " -oUserKnownHostsFile=" + path(known);
    }

private:
    static std::string trimmed(std::string text) {
        text.erase(text.find('\n'));
        return text;
    }
    std::string path(std::string const& name) const { return (m_place / ("ssh_" + name)).string(); }

    temporary_directory const& m_place;
    int m_port;
    std::optional<server_process> m_server;
};

} // namespace test
