#include "command/notify_trial.hpp"

#include "listen/listener.hpp"
#include "settings/export_settings.hpp"
#include "settings/password_file.hpp"

#include <chrono>

namespace exportd {

namespace {

using notes_export::finding;
using notes_export::severity;

constexpr std::string_view only_polling = "; changes are found by looking only, every 10 s";

finding failed(listener::failure const& f) {
    switch (f.why) {
    case listener::cause::pooler:
        return {severity::warning, "notifications", f.error + std::string{only_polling},
                "a connection pooler in transaction mode does that: let [database] conninfo name the server itself"};
    case listener::cause::standby:
        return {severity::error, "notifications", f.error, "[database] conninfo must name the primary"};
    case listener::cause::heartbeat:
    case listener::cause::connection:
        break;
    }
    return {severity::warning, "notifications", f.error + std::string{only_polling},
            f.sqlstate == notes_export::too_many_sessions
                ? "raise max_connections, or the CONNECTION LIMIT of role or database"
                : "look into the log of the server"};
}

} // namespace

std::vector<finding> try_notification(settings const& s) {
    asio::io_context io;
    finding found{severity::warning, "notifications", "it took too long to try", "try again"};
    auto const end = [&](finding f) {
        found = std::move(f);
        io.stop();
    };
    listener::handlers const handlers{
        .notified = [](std::string_view) {},
        .live =
            [&] {
                end({severity::ok, "notifications",
                     "a session that listens on " + s.database.channel + " gets what is sent to it", ""});
            },
        .lost = [&](listener::failure const& f) { end(failed(f)); }};
    listener trial{io,
                   s.database.conninfo,
                   password_of(s.database.password_file),
                   application_name(),
                   s.database.channel,
                   handlers,
                   {}};
    trial.start();
    io.run_for(std::chrono::seconds{30}); // more than all deadlines of the listener together
    trial.stop();
    return {found};
}

} // namespace exportd
