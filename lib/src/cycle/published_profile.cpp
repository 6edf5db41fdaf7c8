#include "notes_export/published_profile.hpp"

#include "notes_export/dataset.hpp"
#include "publish/tree.hpp"

#include <algorithm>

namespace notes_export {

std::optional<std::string> read_published_profile(std::filesystem::path const& directory, std::string_view dataset,
                                                  std::int64_t id, std::size_t longest) {
    auto const& known = standard_datasets();
    auto const found = std::ranges::find(known, dataset, &notes_export::dataset::name);
    if (found == known.end() || id < 1)
        return std::nullopt;
    return tree{directory, false}.read(entity_path{found->path}.of(id), longest);
}

} // namespace notes_export
