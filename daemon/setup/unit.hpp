#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The service as systemd sees it, with all drop-ins.
namespace exportd {

inline constexpr char const* service_unit = "osm-notes-exportd.service";

class unit {
public:
    /// Of the output of `systemctl show`: a line a property.
    static unit parse(std::string_view shown);
    /// nullopt: no systemd runs here, or it knows no such service.
    static std::optional<unit> ask();

    std::string const& property(std::string const& name) const;
    /// Was this file written after its process was started? False when there is no such file.
    bool started_before(std::filesystem::path const& file) const;

    /// What keeps the service from writing below this path, as a phrase with the setting in it; "" is nothing. Only
    /// what the sandbox says, not owners and modes.
    std::string write_obstacle(std::filesystem::path const& path) const;
    /// The same for merely getting there.
    std::string sight_obstacle(std::filesystem::path const& path) const;

private:
    std::vector<std::filesystem::path> writable() const;

    std::map<std::string, std::string, std::less<>> m_properties;
};

/// Is systemd at work on this system?
bool systemd_runs();
/// The path itself, or something below it.
bool is_at_or_below(std::filesystem::path const& path, std::filesystem::path const& directory);

} // namespace exportd
