#include "mirror/our_paths.hpp"

#include "feed/noted_files.hpp"
#include "notes_export/error.hpp"
#include "publish/journal.hpp"

#include <string>
#include <system_error>

namespace notes_export::mirror {

namespace {

// One that a mirror's user may not read tells him nothing; what is configured is mirrored all the same.
std::string note_of(std::filesystem::path const& directory) {
    try {
        return tree{directory, false}.read(journal::files_path, journal::longest_list).value_or("");
    } catch (file_error const& e) {
        if (e.code() != std::errc::permission_denied)
            throw;
        return "";
    }
}

// What this machine puts beside files of its own says nothing of somebody else's.
export_config with_any_twins(export_config tree) {
    for (auto const how : all_compressions)
        tree.twins.kinds.add(how);
    return tree;
}

} // namespace

published_paths our_paths(export_config const& tree, mirror_config const& config, std::uint64_t generation) {
    if (!config.from.empty())
        return published_paths{with_any_twins(tree)};
    std::error_code unknown; // what cannot be looked at is told when it is read
    if (!std::filesystem::is_directory(tree.directory, unknown))
        return published_paths{tree};
    return published_paths{tree, noted_files{tree, note_of(tree.directory)}.former_at(generation)};
}

} // namespace notes_export::mirror
