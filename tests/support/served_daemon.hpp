#pragma once

#include "support/daemon_fixture.hpp"
#include "support/http_client.hpp"

#include <memory>
#include <optional>
#include <regex>
#include <string>

namespace test {

/// A daemon that serves its status on a port of its own choice.
struct served_fixture : daemon_fixture {
    served_fixture() { settings.http_listen = "127.0.0.1:0"; }
    /// On the server whose socket is in that directory.
    served_fixture(std::string const& from, std::string const& server) : daemon_fixture{from, server} {
        settings.http_listen = "127.0.0.1:0";
    }

    std::unique_ptr<daemon_process> daemon;
    std::uint16_t port = 0;

    void start(environment_variables const& more = {}) {
        daemon = std::make_unique<daemon_process>(root.path(), settings, more);
        daemon->wait_for_event("serving");
        for (auto const& record : daemon->log())
            if (record.event == "serving" && record.field("address").starts_with("127."))
                port = static_cast<std::uint16_t>(std::stoi(record.field("address").substr(10)));
    }
    void start_settled() {
        start();
        daemon->wait_settled();
    }

    http_reply get(std::string const& target) const { return http_get(port, target); }

    /// Value of a series ("name" or "name{label="value"}", without the prefix), nullopt when it is not there.
    std::optional<double> metric(std::string const& series) const { return metric_in(get("/metrics").body, series); }
    static std::optional<double> metric_in(std::string const& text, std::string const& series) {
        auto const line = "\nosmnotes_export_" + series + ' ';
        auto const at = ('\n' + text).find(line);
        if (at == std::string::npos)
            return std::nullopt;
        return std::stod(('\n' + text).substr(at + line.size()));
    }
    /// Asks until the figure has that value; a page may be a second old.
    bool becomes(std::string const& series, double value) const {
        return wait_until([&] { return metric(series) == value; });
    }
    bool answers(std::string const& target, int status) const {
        return wait_until([&] { return get(target).status == status; });
    }
};

} // namespace test
