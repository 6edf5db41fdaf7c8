#pragma once

#include "support/server_process.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <unistd.h>

namespace test {

/// A real nginx on loopback, with the site of conf/nginx/ for a tree. It runs as the user of the test.
class nginx {
public:
    nginx(std::filesystem::path const& work, std::filesystem::path const& tree) : m_port{free_port()} {
        std::filesystem::create_directories(work);
        std::ofstream{work / "site.conf"} << site(tree);
        std::ofstream{work / "nginx.conf"}
            << (::geteuid() == 0 ? "user root root;\n" : "") << "daemon off;\npid " << (work / "pid").string()
            << ";\nerror_log " << (work / "error.log").string() << ";\nevents { }\nhttp {\naccess_log off;\n"
            << places(work) << "include " << (work / "site.conf").string() << ";\n}\n";
        m_server.emplace(std::vector<std::string>{"/usr/sbin/nginx", "-c", (work / "nginx.conf").string(), "-e",
                                                  (work / "error.log").string()},
                         m_port);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(m_port); }

private:
    static std::string places(std::filesystem::path const& work) {
        std::string text;
        for (auto const* const name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
            text += std::string{name} + "_temp_path " + (work / name).string() + ";\n";
        return text;
    }
    static void replace(std::string& text, std::string const& what, std::string const& with) {
        auto const at = text.find(what);
        if (at == std::string::npos)
            throw std::runtime_error{"the sample site has no " + what};
        text.replace(at, what.size(), with);
    }
    std::string site(std::filesystem::path const& tree) const {
        std::ostringstream all;
        all << std::ifstream{EXPORTD_SOURCE_DIR "/conf/nginx/osm-notes-json.conf"}.rdbuf();
        auto text = all.str();
        replace(text, "listen 80;", "listen 127.0.0.1:" + std::to_string(m_port) + ';');
        replace(text, "listen [::]:80;", "");
        replace(text, "root /var/lib/osm-notes-exportd/json;", "root " + tree.string() + ';');
        return text;
    }

    int m_port;
    std::optional<server_process> m_server;
};

} // namespace test
