#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace notes_export::mirror {

/// A branch of a git repository, and how it is kept. A value: whoever makes it has checked nothing but its types.
struct git_options {
    std::string url; ///< anything git pushes to; see unusable_git_url() of git_names.hpp
    std::string branch = "main";
    std::string directory = "data"; ///< of the branch, where the tree is; "" is its root
    std::string author = "osm-notes-exportd <osm-notes-exportd@localhost>"; ///< Name <mail>
    std::optional<std::chrono::seconds> history;      ///< the branch begins anew when it is older; none: keep
    std::string schemas = "schemas";                  ///< folder of the branch for the JSON Schemas; "": none
    std::filesystem::path schema_source;              ///< where they are
    std::filesystem::path repository;                 ///< bare, ours alone; made when missing
    std::chrono::milliseconds silence{60'000};        ///< git is ended that makes no progress for so long
    std::chrono::milliseconds between_pushes{10'000}; ///< at least, to other hosts: GitHub takes 6 a minute
    std::uint64_t warn_size = 50ULL * 1000 * 1000;    ///< bytes of a file: GitHub warns
    std::uint64_t refuse_size = 100ULL * 1000 * 1000; ///< GitHub refuses the push
};

} // namespace notes_export::mirror
