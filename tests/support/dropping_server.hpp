#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace test {

/**
 * A TCP port of this machine that drops the first packet of every client, as a broken network or a firewall does: its
 * queue of clients is full, and nobody takes them.
 */
class dropping_server {
public:
    dropping_server();
    ~dropping_server();
    dropping_server(dropping_server const&) = delete;
    dropping_server& operator=(dropping_server const&) = delete;

    unsigned port() const { return m_port; }
    std::string conninfo() const { return "host=127.0.0.1 port=" + std::to_string(m_port) + " user=x dbname=x"; }
    /// Clients of any process that wait for an answer to their first packet.
    std::size_t waiting() const;

private:
    int m_listening = -1;
    unsigned m_port = 0;
    std::vector<int> m_fillers; ///< the last of them waits
};

} // namespace test
