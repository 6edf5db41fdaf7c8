#pragma once

#include "command/ask_daemon.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <rapidjson/document.h>
#include <string>

namespace exportd {

/// What a daemon told of itself, taken apart. It comes from another process: any part may be missing or odd.
class live_state {
public:
    /// `directory` is the tree that is asked for; a daemon of another one does not count. None: any will do.
    live_state(daemon_answer answer, std::optional<std::filesystem::path> const& directory);

    bool known() const noexcept { return m_problem.empty(); }
    /// Nobody listens.
    bool absent() const noexcept { return m_absent; }
    std::string const& problem() const noexcept { return m_problem; }
    /// One JSON object; only when known().
    std::string const& json() const noexcept { return m_json; }
    /// "well", "failing", ...; see condition. "" when it is not known.
    std::string state() const { return text("state"); }
    /// The tree that it publishes. "" when it is not known.
    std::string directory() const { return text("directory"); }

    /// For people: daemon, cycle, listener, guard, quarantine, last error; a line or more each.
    std::string lines() const;

private:
    using value = rapidjson::Value;

    static std::string text(value const& of, char const* name);
    static double number(value const& of, char const* name);
    std::string text(char const* name) const { return known() ? text(m_document, name) : ""; }
    static value const* member(value const& of, char const* name);
    std::string daemon_lines() const;
    std::string cycle_line() const;
    std::string listener_line() const;
    std::string dataset_lines() const;
    std::string hook_line() const;
    std::string error_line() const;

    std::string m_json;
    std::string m_problem;
    bool m_absent;
    rapidjson::Document m_document;
};

} // namespace exportd
