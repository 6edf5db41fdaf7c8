#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace notes_export {

/// What is to be said of a version of install.sql that is not this program's.
struct version_remark {
    std::string text;
    std::string remedy;
};

/// Of the version in json_export_state; 0 stands for one that was lost. nullopt: it is the program's own.
std::optional<version_remark> remark_on_version(std::int64_t version);

} // namespace notes_export
