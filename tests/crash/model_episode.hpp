#pragma once

#include "crash/model_action.hpp"
#include "crash/model_program.hpp"
#include "crash/model_reader.hpp"
#include "crash/model_session.hpp"
#include "crash/model_world.hpp"
#include "support/temporary_directory.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace model {

/// The tree, or the program, is not as it must be.
struct failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One database, one tree, one program; the writers; and what happens to them.
class episode {
public:
    static constexpr int writers = 3;

    /// With everything published.
    episode(world& w, shape s);
    ~episode();

    /// Throws failure, and only a quiet point looks at the tree.
    void perform(action const& a);
    model::shape const& shape() const noexcept { return m_shape; }
    /// Of the last step, "" when it succeeded.
    std::string const& last_error() const noexcept { return m_last_error; }
    session& writer(int n) { return *m_writers.at(static_cast<std::size_t>(n)); }

private:
    test::daemon_settings settings_for(std::string const& database) const;
    void end_transactions();
    void run_script(std::string const& command);
    void terminate_session(int number);
    void crash_server();
    void quiet();
    void check(program::ended const& cycle);
    void check_nothing_to_do();
    void forced_export(std::string const& why);
    void fail(std::string const& what) const;

    world& m_world;
    model::shape m_shape;
    std::string m_database;
    test::temporary_directory m_root;
    std::vector<std::unique_ptr<session>> m_writers;
    std::optional<program> m_program;
    std::optional<reader> m_reader;
    std::string m_last_error;
    int m_fresh = 0; ///< exports into an empty directory so far
};

} // namespace model
