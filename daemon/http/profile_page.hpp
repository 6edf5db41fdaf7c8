#pragma once

#include "http/html_page.hpp"

#include <notes_export/dataset.hpp>

#include <filesystem>
#include <string_view>
#include <vector>

namespace exportd {

struct profile_answer {
    unsigned status; ///< of HTTP
    html_page page;
};

/// The page at /profile: the published file of the entity that the query names (dataset=users&id=12345).
profile_answer profile_page(std::filesystem::path const& directory, std::vector<notes_export::dataset> const& datasets,
                            std::string_view query);

} // namespace exportd
