#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace test {

/// pgbouncer with pool_mode = transaction in front of a server. It does not outlive this object.
class transaction_pooler {
public:
    /// Serves the socket that libpq looks for in `directory`.
    transaction_pooler(std::filesystem::path const& directory, std::string const& server_directory);
    ~transaction_pooler();
    transaction_pooler(transaction_pooler const&) = delete;
    transaction_pooler& operator=(transaction_pooler const&) = delete;

private:
    pid_t m_pid = -1;
};

} // namespace test
