// metadata.json and the small files in .exportd, as somebody may have damaged them. The first byte says which.
#include "fuzz/expect.hpp"
#include "fuzz/input.hpp"

#include "cycle/former_paths.hpp"
#include "cycle/quarantine.hpp"
#include "cycle/removal_window.hpp"
#include "document/bounded_json.hpp"
#include "document/format_version.hpp"
#include "document/metadata.hpp"
#include "feed/noted_files.hpp"
#include "index/published_note.hpp"
#include "index/refused_indexes.hpp"
#include "notes_export/mirrors.hpp"
#include "notes_export/other_exporter.hpp"
#include "publish/journal.hpp"
#include "publish/tree.hpp"
#include "support/temporary_directory.hpp"

#include <fstream>

using namespace notes_export;
using fuzz::expect;

namespace {

void read_metadata(std::string_view text) {
    auto const read = metadata::parse(text);
    if (!read)
        return;
    auto const again = metadata::parse(read->text());
    expect(again && again->text() == read->text(), "metadata is read as it is written");
    expect(again->generation == read->generation && again->publishing == read->publishing, "generations too");
}

quarantine with(std::vector<quarantined_row> rows) {
    quarantine q;
    for (auto& row : rows)
        q.add(std::move(row));
    return q;
}

void read_quarantine(std::string_view text) {
    auto const q = with(quarantine::parse(text));
    expect(parse_json(q.text()) != nullptr, "refused rows are written as JSON");
    expect(with(quarantine::parse(q.text())).text() == q.text(), "refused rows are read as they are written");
}

void read_removal_window(std::string_view text) {
    auto const written = removal_window::parse(text).text();
    expect(removal_window::parse(written).text() == written, "counts are read as they are written");
}

void read_format_version(std::string_view text) {
    if (auto const v = format_version::parse(text))
        expect(format_version::parse(v->text()) == v, "a version is read as it is written");
}

struct private_directory {
    test::temporary_directory root;
    tree files{root.path(), true};
    staging stage{files};

    void put(std::string_view path, std::string_view text) const {
        std::ofstream{root / std::string{path}, std::ios::binary} << text;
    }
};

private_directory const& place() {
    static private_directory const one;
    return one;
}

void read_refused(std::string_view text) {
    auto const& at = place();
    at.put(journal::refused_indexes_path, text);
    auto const written = refused_indexes_text(read_refused_indexes(at.files));
    at.put(journal::refused_indexes_path, written);
    expect(refused_indexes_text(read_refused_indexes(at.files)) == written, "refused indexes are read as written");
}

void read_last_full(std::string_view text) {
    static private_directory at;
    at.put(".exportd/last_full", text);
    journal const j{at.files, at.stage};
    auto const when = j.last_full();
    at.put(".exportd/last_full", std::to_string(when) + '\n');
    expect(j.last_full() == when, "the last full export is read as it is written");
}

void read_other_exporter(std::string_view text) {
    auto const read = noted_exporter::parse(text);
    if (!read)
        return;
    auto const again = noted_exporter::parse(read->text());
    expect(again && again->text() == read->text(), "traces of another exporter are read as they are written");
    expect(!describe(*read).empty(), "and can be told");
    expect(!read->with({1, "x", false}, 1'777'637'000).text().empty(), "and be added to");
}

void read_noted_files(std::string_view text) {
    export_config const config;
    noted_files const read{config, text};
    auto const before = read.before_publication();
    expect(noted_files{config, before}.before_publication() == before, "the note of files is read as it is written");
    auto const after = read.after_publication(noted_files::removed::nothing, 8);
    expect(noted_files{config, after}.after_publication(noted_files::removed::nothing, 8) == after,
           "after a publication as well");
    expect(names_of(noted_files{config, after}.former()) == names_of(read.former()), "and what is former stays so");
    expect(noted_files{config, read.after_publication(noted_files::removed::everything, 8)}.former().empty(),
           "until it is cleared");
    auto const& at = place();
    for (auto const& path : former_paths(read.former(), at.files, config, {}))
        expect(!is_below_private(path), "nothing private is removed");
}

void read_published_note(std::string_view text) {
    auto const read = published_note::parse(text);
    if (!read)
        return;
    auto const again = published_note::parse(read->text());
    expect(again && again->text() == read->text(), "what is known of indexes is read as it is written");
}

void read_mirror(std::string_view text) {
    auto const read = mirror_state::parse(text);
    if (!read)
        return;
    expect(mirror_state::parse(read->text()) == read, "the state of a mirror is read as it is written");
    auto const now = std::chrono::sys_seconds{std::chrono::seconds{1'777'637'000}};
    auto const seen = look_at_mirror(*read, 7, now, "x.json");
    expect(seen.bad() == !seen.problem.empty(), "what is bad has a reason");
    expect(seen.lag.count() >= 0, "a mirror is not ahead of its tree");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::input in{data, size};
    switch (in.byte() % 10) {
    case 0:
        read_metadata(in.rest());
        break;
    case 1:
        read_quarantine(in.rest());
        break;
    case 2:
        read_removal_window(in.rest());
        break;
    case 3:
        read_format_version(in.rest());
        break;
    case 4:
        read_refused(in.rest());
        break;
    case 5:
        read_last_full(in.rest());
        break;
    case 6:
        read_mirror(in.rest());
        break;
    case 7:
        read_other_exporter(in.rest());
        break;
    case 8:
        read_noted_files(in.rest());
        break;
    default:
        read_published_note(in.rest());
    }
    return 0;
}
