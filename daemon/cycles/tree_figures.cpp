#include "cycles/tree_figures.hpp"

#include <filesystem>

namespace exportd {

tree_figures measure_tree(notes_export::export_config const& config) {
    tree_figures figures;
    std::error_code unknown; // a figure that cannot be told is left out; what is wrong fails the cycle, and says so
    if (auto const space = std::filesystem::space(config.directory, unknown); !unknown)
        figures.available_bytes = space.available;
    for (auto const& d : config.datasets)
        if (auto const size = std::filesystem::file_size(config.directory / d.index_path, unknown);
            !d.index_path.empty() && !unknown)
            figures.index_bytes.emplace(d.name, size);
    return figures;
}

} // namespace exportd
