#pragma once

#include "support/private_cluster.hpp"

#include <cstdint>
#include <set>
#include <string>

namespace model {

/// What an episode begins with.
struct shape {
    bool installed = true;
    bool partitioned = false;
    std::string view = "view"; ///< or "materialized", or "" for none
    bool daemon = false;
    bool exporter_role = false; ///< the program connects as osm_notes_exporter, not as a superuser

    static shape from(std::uint64_t seed);
    std::string text() const;
    /// Of the database that such an episode begins with.
    std::string template_name() const;
};

/// A server, with a small datamart for each shape that was asked for.
class world {
public:
    world();

    test::private_cluster& cluster() noexcept { return m_cluster; }
    std::string conninfo(std::string const& database) const { return m_cluster.conninfo(database); }
    /// Nobody may be connected to the original. A copy of that name is replaced.
    void copy_database(std::string const& from, std::string const& to);
    std::string template_for(shape const& s);
    /// A shell command, with the variables of libpq set for a database; throws when it fails.
    void shell(std::string const& database, std::string const& command) const;

private:
    void make_template(shape const& s);

    test::private_cluster m_cluster;
    std::set<std::string> m_templates;
};

/// The command that makes the triggers of install.sql.
std::string install_command();

} // namespace model
