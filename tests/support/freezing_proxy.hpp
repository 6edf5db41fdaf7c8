#pragma once

#include <filesystem>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace test {

/**
 * Stands between a client and a PostgreSQL server, both on Unix sockets, and can fall silent as a broken network does:
 * connections stay open, and nothing tells either side.
 *
 * Thread: its own, for the passing on; the members may be called from any other.
 */
class freezing_proxy {
public:
    /// Serves the socket that libpq looks for in `directory`.
    freezing_proxy(std::filesystem::path const& directory, std::string const& server_directory);
    ~freezing_proxy();
    freezing_proxy(freezing_proxy const&) = delete;
    freezing_proxy& operator=(freezing_proxy const&) = delete;

    /// From now on nothing is passed on for sessions whose application_name ends so, old and new; "" is all of them.
    void freeze(std::string const& application = "");
    /// From now on new clients are taken and never answered; what runs goes on.
    void ignore_newcomers();
    /// From now on each session ends as soon as the server has sent so many bytes in all of them together.
    void cut_after(std::size_t bytes);
    /// As at the beginning; what was held back is delivered.
    void go_on();

    /// Clients taken so far.
    std::size_t accepted() const;

private:
    struct session;
    enum class mode { open, frozen, deaf };

    void run();
    void accept_client();
    bool held(session const& s) const;
    bool pass_on(session& s);
    bool answer(session& s);
    void set(mode m, std::string application);
    void wake() const;

    std::string m_server;
    int m_listening = -1;
    int m_wake[2]{-1, -1}; ///< a byte, or its end, makes the thread look again
    mutable std::mutex m_mutex;
    mode m_mode = mode::open;
    std::string m_frozen_application;
    std::size_t m_bytes_left = std::string::npos; ///< until everything is cut
    bool m_ending = false;
    std::size_t m_accepted = 0;
    std::list<session> m_sessions; ///< of the thread alone
    std::thread m_thread;
};

} // namespace test
