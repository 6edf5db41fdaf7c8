#include "mirror/our_paths.hpp"

#include "feed/noted_files.hpp"
#include "publish/journal.hpp"

#include <system_error>

namespace notes_export::mirror {

published_paths our_paths(export_config const& tree, mirror_config const& config, std::uint64_t generation) {
    std::error_code unknown; // what cannot be looked at is told when it is read
    if (!config.from.empty() || !std::filesystem::is_directory(tree.directory, unknown))
        return published_paths{tree};
    auto const note = notes_export::tree{tree.directory, false}.read(journal::files_path, journal::longest_list);
    return published_paths{tree, noted_files{tree, note.value_or("")}.former_at(generation)};
}

} // namespace notes_export::mirror
