#include "notes_export/published_profile.hpp"

#include "publish/tree.hpp"

namespace notes_export {

std::optional<std::string> read_published_profile(std::filesystem::path const& directory, dataset const& of,
                                                  std::int64_t id, std::size_t longest) {
    if (id < 1)
        return std::nullopt;
    return tree{directory, false}.read(entity_path{of.path}.of(id), longest);
}

} // namespace notes_export
