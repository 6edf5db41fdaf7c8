#include "pg/session_settings.hpp"

namespace notes_export::pg {

namespace {

constexpr int first_with_transaction_timeout = 170000;

} // namespace

std::string without_limits(std::string_view set, int server_version) {
    std::string sql;
    for (std::string_view const limit : {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
                                         "idle_session_timeout", "transaction_timeout"})
        if (limit != "transaction_timeout" || server_version >= first_with_transaction_timeout)
            sql += std::string{set} + ' ' + std::string{limit} + " = 0;";
    return sql;
}

// What we write can be written again, so it waits for our server's disk only, and for no standby. An error that is
// expected must not end the session.
std::string pinned_settings(std::string_view set, int server_version) {
    auto sql = without_limits(set, server_version);
    for (std::string_view const setting :
         {"search_path = pg_catalog", "timezone = 'UTC'", "datestyle = 'ISO, MDY'", "intervalstyle = 'postgres'",
          "extra_float_digits = 1", "bytea_output = 'hex'", "lc_monetary = 'C'", "xmlbinary = 'base64'",
          "quote_all_identifiers = off", "standard_conforming_strings = on", "row_security = off",
          "synchronous_commit = local", "jit = off", "cursor_tuple_fraction = 1", "exit_on_error = off",
          "idle_in_transaction_session_timeout = '15min'",
          // By it a trigger of install.sql knows an exporter's marks, whatever its role is.
          "json_export.exporter = on"})
        sql += std::string{set} + ' ' + std::string{setting} + ';';
    return sql;
}

std::string own_session_settings(int server_version) {
    return pinned_settings("SET", server_version) +
           "SET default_transaction_isolation = 'read committed';"
           "SET default_transaction_read_only = off; SET default_transaction_deferrable = off;"
           // The server must not keep our ghost, and its lock, when our host vanishes.
           "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;"
           "SET tcp_keepalives_count = 2; SET tcp_user_timeout = 20000;"
           // Nor when we were killed while it waits for something.
           "SET client_connection_check_interval = '2s'";
}

} // namespace notes_export::pg
