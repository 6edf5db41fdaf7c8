#pragma once

#include "http/html_page.hpp"

#include <filesystem>
#include <string_view>

namespace exportd {

struct profile_answer {
    unsigned status; ///< of HTTP
    html_page page;
};

/// The page at /profile: the published file of the entity that the query names (dataset=users&id=12345).
profile_answer profile_page(std::filesystem::path const& directory, std::string_view query);

} // namespace exportd
