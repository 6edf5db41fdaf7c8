#include "setup/service.hpp"

#include "setup/program.hpp"
#include "setup/setup_request.hpp"
#include "setup/unit.hpp"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <system_error>

namespace exportd {

namespace {

constexpr std::chrono::seconds longest{180}; ///< a start waits for the daemon to say that it is ready
constexpr int warnings = 1;                  ///< exit status of `check`

program_result run(program const& p) {
    try {
        return run_program(p);
    } catch (std::system_error const& e) {
        throw setup_error{e.what()};
    }
}

unit require_unit() {
    auto found = unit::ask();
    if (!found)
        throw setup_error{"systemd knows no " + std::string{service_unit} + ": is the package installed?"};
    return std::move(*found);
}

} // namespace

void tell_systemd(std::string const& verb, std::string const& more) {
    program p{{"systemctl", verb}, std::nullopt, {}, longest};
    if (!more.empty())
        p.words.push_back(more);
    if (verb != "daemon-reload")
        p.words.emplace_back(service_unit);
    auto const r = run(p);
    if (!r.good())
        throw setup_error{p.text() + ": " + r.last_line() + "; journalctl -u osm-notes-exportd -n 20 tells more"};
}

std::string start_service(bool changed, std::vector<std::filesystem::path> const& read_at_start) {
    auto const found = require_unit();
    bool const active = found.property("ActiveState") == "active";
    bool const outdated =
        changed || std::ranges::any_of(read_at_start, [&](auto const& path) { return found.started_before(path); });
    tell_systemd("enable");
    if (active && !outdated)
        return "it runs, and starts with the machine";
    tell_systemd(active ? "restart" : "start");
    return active ? "started again with what has changed" : "started, and starts with the machine";
}

std::string state_of_service() {
    auto const found = require_unit();
    auto const& state = found.property("ActiveState");
    if (state == "failed" || state == "inactive")
        throw setup_error{"the service is " + state + ": journalctl -u osm-notes-exportd -n 20 says why"};
    auto const& said = found.property("StatusText");
    return said.empty() ? state : said;
}

std::string check_with_this_program() {
    auto const r = run({{"/proc/self/exe", "check"}, std::nullopt, {}, longest});
    if (r.good())
        return r.last_line();
    std::string text;
    std::istringstream lines{r.errors + r.output};
    bool remedy = false; // stands below what it is for
    for (std::string line; std::getline(lines, line);) {
        bool const begins = !line.starts_with(' ');
        remedy = begins ? !line.starts_with("ok ") : remedy;
        if (remedy)
            text += line + '\n';
    }
    if (r.status != warnings)
        throw setup_error{"what check found:\n" + text};
    return text;
}

} // namespace exportd
