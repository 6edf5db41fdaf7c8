#include "support/transaction_pooler.hpp"

#include "support/wait_until.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

extern char** environ;

namespace test {

namespace {

// It refuses to run as root; nobody's files need to be its own, as it logs to standard error.
std::string settings(std::filesystem::path const& directory, std::string const& server_directory) {
    return "[databases]\n* = host=" + server_directory +
           "\n[pgbouncer]\nlisten_addr =\nlisten_port = 5432\nunix_socket_dir = " + directory.string() +
           "\nauth_type = trust\nauth_file = " + (directory / "users.txt").string() + "\npool_mode = transaction\n" +
           (::geteuid() == 0 ? "user = postgres\n" : "");
}

} // namespace

transaction_pooler::transaction_pooler(std::filesystem::path const& directory, std::string const& server_directory) {
    auto const file = directory / "pgbouncer.ini";
    std::ofstream{file} << settings(directory, server_directory);
    std::ofstream{directory / "users.txt"} << "\"postgres\" \"\"\n";
    std::filesystem::permissions(directory, std::filesystem::perms{0777}); // its socket is made by another user
    std::string program = "/usr/sbin/pgbouncer";
    std::string quiet = "-q";
    std::string name = file.string();
    char* const argv[] = {program.data(), quiet.data(), name.data(), nullptr};
    int const error = ::posix_spawn(&m_pid, program.c_str(), nullptr, nullptr, argv, environ);
    if (error != 0)
        throw std::system_error{error, std::generic_category(), "start " + program};
    if (!wait_until([&] { return std::filesystem::exists(directory / ".s.PGSQL.5432"); }))
        throw std::runtime_error{"pgbouncer does not listen"};
}

transaction_pooler::~transaction_pooler() {
    ::kill(m_pid, SIGKILL);
    int unused = 0;
    ::waitpid(m_pid, &unused, 0);
}

} // namespace test
