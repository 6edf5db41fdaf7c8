#include "notes_export/preview.hpp"

#include "cycle/cycle.hpp"
#include "cycle/exporter_parts.hpp"
#include "document/metadata.hpp"
#include "document/schema_files.hpp"
#include "files/stamp.hpp"
#include "notes_export/error.hpp"
#include "publish/scratch_tree.hpp"
#include "publish/tree_lock.hpp"

#include <string>
#include <utility>

namespace notes_export {

namespace {

// Every publication replaces metadata.json before it touches any other file, and again at its end.
std::optional<file_stamp> moment(tree const& files) {
    auto const f = files.open_file(metadata::path);
    return f ? stamp_of(f.fd(), files.full(metadata::path)) : std::nullopt;
}

[[noreturn]] void refuse(tree const& files, std::string const& what) {
    auto const holder = tree_lock::holder(files);
    throw lock_held{files.root().string() + ": " + (holder.empty() ? "somebody" : holder) + ' ' + what +
                    ", so that nothing certain can be said; try again a little later"};
}

void require_no_publication(tree const& files) {
    auto const text = files.read(metadata::path);
    auto const live = text ? metadata::parse(*text) : std::nullopt;
    if (live && live->publishing > 0 && !tree_lock::holder(files).empty())
        refuse(files, "is publishing at the moment");
}

} // namespace

cycle_report preview(export_config const& config, cycle_request const& request, cycle_observer observer,
                     std::stop_token stop) {
    scratch_tree const scratch;
    exporter_parts parts{config, std::move(observer)};
    parts.only_looks = true;
    bool const is_there = std::filesystem::is_directory(config.directory);
    parts.held.emplace(is_there ? config.directory : scratch.path(), scratch.files());
    auto const& files = parts.held->files;
    require_no_publication(files);
    parts.schemas = schema_set::load(schema_files(config));
    parts.memory.look_again_at(
        quarantine::parse(files.read(journal::quarantine_path, quarantine::longest_text).value_or("[]")));
    auto const before = moment(files);
    auto report = cycle{parts, request, std::move(stop)}.run();
    if (moment(files) != before)
        refuse(files, "published something meanwhile");
    return report;
}

} // namespace notes_export
