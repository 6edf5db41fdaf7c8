#include "setup/drop_in.hpp"

namespace exportd {

namespace {

// systemd.syntax(7): '%' begins a specifier, quotes keep blanks together, a backslash escapes.
std::string unit_word(std::string const& word) {
    std::string escaped;
    for (char const c : word) {
        if (c == '\\' || c == '"')
            escaped += '\\';
        escaped += c == '%' ? std::string{"%%"} : std::string(1, c);
    }
    return word.find_first_of(" \\\"'") == std::string::npos ? escaped : '"' + escaped + '"';
}

std::string writable(std::string const& path) {
    return "# Made by osm-notes-exportd setup: the published tree is there.\n[Service]\nReadWritePaths=" +
           unit_word(path) + '\n';
}

} // namespace

std::string drop_in_text(std::filesystem::path const& directory) {
    return writable(directory.string());
}

std::string mirror_drop_in_text(std::filesystem::path const& directory) {
    return writable('-' + (directory / ".exportd/mirrors").string());
}

} // namespace exportd
