#include "notes_export/s3_names.hpp"

#include <algorithm>

namespace notes_export {

namespace {

bool consists_of(std::string_view text, std::string_view others) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    });
}

// Servers read such steps differently.
bool has_odd_step(std::string_view path) {
    while (!path.empty()) {
        auto const end = std::min(path.find('/'), path.size());
        auto const step = path.substr(0, end);
        if (step.empty() || step == "." || step == "..")
            return true;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return false;
}

} // namespace

std::string unusable_s3_url(std::string_view url) {
    auto const scheme = url.substr(0, url.find("://"));
    if (url.size() == scheme.size() || (scheme != "https" && scheme != "http"))
        return "it is no address that begins with http:// or https://";
    url.remove_prefix(scheme.size() + 3);
    auto const slash = std::min(url.find('/'), url.size());
    auto host = url.substr(0, slash);
    std::string_view const usual_port = scheme == "https" ? ":443" : ":80";
    if (host.ends_with(usual_port))
        host.remove_suffix(usual_port.size());
    // '@' is no character of a host: keys have files of their own.
    if (!consists_of(host, ".-:[]"))
        return "it has no host, or a user or password (write https://host/bucket/prefix)";
    auto const path = url.substr(std::min(slash + 1, url.size()));
    if (!consists_of(path.substr(0, path.find('/')), ".-_"))
        return "it names no bucket (write https://host/bucket/prefix)";
    if (path.find_first_of("?#%") != std::string_view::npos || has_odd_step(path))
        return "what follows its host is not plain (write https://host/bucket/prefix)";
    return "";
}

std::string unusable_s3_region(std::string_view region) {
    return consists_of(region, "-_.") ? "" : "it is no word (write us-east-1, or what the store calls its own)";
}

} // namespace notes_export
