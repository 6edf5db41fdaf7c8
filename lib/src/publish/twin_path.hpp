#pragma once

#include "notes_export/compression.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

/// "users/7.json.gz" for "users/7.json".
std::string twin_path(std::string_view path, compression how);

/// What a path says when its end is that of a twin: whose it would be.
struct twin_name {
    std::string_view of; ///< a part of the path that was asked about
    compression how;
};
std::optional<twin_name> twin_at(std::string_view path) noexcept;

} // namespace notes_export
