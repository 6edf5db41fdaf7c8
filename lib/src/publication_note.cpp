#include "notes_export/publication_note.hpp"

#include "document/metadata.hpp"
#include "feed/paths.hpp"
#include "publish/private_note.hpp"

#include <sstream>
#include <string>

namespace notes_export {

namespace {

constexpr std::string_view path = ".exportd/acted_on";
constexpr std::size_t longest = 256;

struct note {
    bool owed = false;
    publication what;
};

// Nothing when it is not one, as a text of which only a part is on disk.
std::optional<note> parse(std::string const& text) {
    note n;
    std::string word, mode, more;
    std::istringstream in{text};
    in >> n.what.generation >> word;
    n.owed = word == "owed";
    if (n.owed)
        in >> mode >> n.what.files_written >> n.what.files_removed;
    n.what.mode = mode == to_string(cycle_mode::full) ? cycle_mode::full : cycle_mode::incremental;
    bool const whole = !in.fail() && text.ends_with('\n') && !(in >> more);
    return whole && (n.owed || word == "done") ? std::optional{n} : std::nullopt;
}

void write(std::filesystem::path const& directory, std::string const& text) {
    replace_private_note(tree{directory, false}, path, text + '\n', note_safety::from_kills);
}

} // namespace

void remember_owed(std::filesystem::path const& directory, publication const& what) {
    write(directory, std::to_string(what.generation) + " owed " + std::string{to_string(what.mode)} + ' ' +
                         std::to_string(what.files_written) + ' ' + std::to_string(what.files_removed));
}

void remember_done(std::filesystem::path const& directory, std::uint64_t generation) {
    write(directory, std::to_string(generation) + " done");
}

namespace {

/// "" where no list of it is kept.
std::filesystem::path change_list_of(tree const& files, std::uint64_t generation) {
    for (auto const place : {feed::public_directory, feed::private_directory})
        if (auto const list = std::string{place} + '/' + feed::list_path(generation); files.exists(list))
            return files.full(list);
    return {};
}

} // namespace

std::optional<publication> owed_publication(std::filesystem::path const& directory) {
    if (!std::filesystem::exists(directory))
        return std::nullopt;
    tree const files{directory, false};
    auto const live = metadata::parse(files.read(metadata::path).value_or(""));
    if (!live || live->generation == 0) // the export script's, which nobody published anything of yet
        return std::nullopt;
    auto const known = parse(files.read(path, longest).value_or(""));
    if (known && !known->owed && known->what.generation == live->generation)
        return std::nullopt;
    auto const changes = change_list_of(files, live->generation);
    if (known && known->what.generation == live->generation) {
        auto same = known->what;
        same.changes = changes;
        return same;
    }
    publication next{.generation = live->generation, .mode = cycle_mode::full};
    if (known && known->owed) {
        next.files_written = known->what.files_written;
        next.files_removed = known->what.files_removed;
    }
    next.changes = changes;
    return next;
}

} // namespace notes_export
