#pragma once

#include "settings/load_settings.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

/// Settings as they are read from a file, an environment and --set, and what was wrong with them.
namespace test {

class temp_file {
public:
    explicit temp_file(std::string const& text = "") {
        int const fd = ::mkstemp(m_name.data());
        REQUIRE(fd >= 0);
        ::close(fd);
        std::ofstream{m_name} << text;
    }
    ~temp_file() { std::filesystem::remove(m_name); }
    temp_file(temp_file const&) = delete;
    temp_file& operator=(temp_file const&) = delete;
    std::string const& name() const { return m_name; }

private:
    std::string m_name = (std::filesystem::temp_directory_path() / "settings_test_XXXXXX").string();
};

inline exportd::environment fixed(std::map<std::string, std::string> values) {
    return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
        auto const found = values.find(std::string{name});
        return found == values.end() ? std::nullopt : std::optional{found->second};
    };
}

inline exportd::environment const nothing = fixed({});

inline exportd::loaded_settings from_sets(std::vector<std::string> const& sets,
                                          exportd::environment const& env = nothing) {
    return exportd::load_settings(std::nullopt, sets, env, "/nonexistent/exportd.conf");
}

inline exportd::loaded_settings from_file(temp_file const& file, exportd::environment const& env = nothing,
                                          std::vector<std::string> const& sets = {}) {
    return exportd::load_settings(file.name(), sets, env);
}

inline std::vector<std::string> texts(exportd::loaded_settings const& loaded) {
    std::vector<std::string> all;
    for (auto const& m : loaded.mistakes) {
        all.push_back(m.text());
    }
    return all;
}

inline std::vector<std::string> texts_of_set(std::string const& set) {
    return texts(from_sets({set}));
}

} // namespace test
