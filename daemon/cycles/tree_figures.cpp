#include "cycles/tree_figures.hpp"

#include <notes_export/dataset.hpp>

namespace exportd {

tree_figures measure_tree(std::filesystem::path const& directory) {
    tree_figures figures;
    std::error_code unknown; // a figure that cannot be told is left out; what is wrong fails the cycle, and says so
    if (auto const space = std::filesystem::space(directory, unknown); !unknown)
        figures.available_bytes = space.available;
    for (auto const& d : notes_export::standard_datasets())
        if (auto const size = std::filesystem::file_size(directory / d.index_path, unknown); !unknown)
            figures.index_bytes.emplace(d.name, size);
    return figures;
}

} // namespace exportd
