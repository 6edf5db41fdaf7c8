#include "verify/whole_files.hpp"

#include "cycle/row_documents.hpp"
#include "document/document_query.hpp"
#include "document/metadata.hpp"
#include "publish/tree_lock.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace notes_export {

namespace {

void compare_document(sides& s, document const& d, findings& found) {
    s.reader().set_savepoint();
    try {
        auto const columns = with_columns(d, s.config.datasets, s.columns);
        auto const row =
            s.reader().query("read row of " + d.table, s.statements.row_document(columns), {std::to_string(d.key)});
        if (row.empty())
            return;
        if (row.rows() > 1)
            return found.warn(not_one_row(d, row) + ", so the file is the last one that could be made");
        found.checked(1);
        auto const live = s.files.compare(d.path, row.text(0, 0) + '\n');
        if (live != tree::comparison::equal)
            found.differs(
                {live == tree::comparison::missing ? drift::kind::missing : drift::kind::differs, d.path, false});
    } catch (database_error const& e) {
        if (!pg::is_of_a_row(e))
            throw;
        s.reader().back_to_savepoint();
        found.warn(d.path + ": " + e.what() + ", so the file is the last one that could be made");
    }
}

using counted_profiles = std::vector<std::pair<dataset const*, compared_profiles>>;
using profile_totals = std::vector<std::pair<std::string, std::uint64_t>>;

profile_totals totals(sides const& s, counted_profiles const& profiles, sides::moment const& now) {
    profile_totals all;
    for (auto const& [d, compared] : profiles)
        all.emplace_back(d->name,
                         compared.since == now ? compared.files : s.files.profile_ids(entity_path{d->path}).size());
    return all;
}

void judge_metadata(sides const& s, std::optional<std::string> const& text, profile_totals const& totals,
                    findings& found) {
    std::string const path{metadata::path};
    found.checked(1);
    auto const live = text ? metadata::parse(*text) : std::nullopt;
    if (!live)
        found.differs({text ? drift::kind::differs : drift::kind::missing, path, false});
    else if (live->publishing > 0 || live->totals != totals || live->data_schema_hash != s.columns.schema_hash() ||
             live->text() != *text)
        found.differs({drift::kind::differs, path, false});
}

} // namespace

void compare_documents(sides& s, std::vector<document> const& documents, findings& found) {
    s.at_rest([&] { std::ranges::for_each(documents, [&](document const& d) { compare_document(s, d, found); }); });
}

void compare_metadata(sides& s, counted_profiles const& profiles, findings& found) {
    constexpr int tries_without_lock = 3;
    for (int tries = 0; tries < sides::most_tries; ++tries) {
        auto const before = s.settled_between_batches();
        s.begin_snapshot();
        std::optional<publishing_lock> lock;
        if (tries >= tries_without_lock)
            lock.emplace(s.files, publishing_lock::kind::shared, s.stop);
        auto const text = s.files.read(metadata::path);
        auto const counted = s.now() == before ? totals(s, profiles, before) : profile_totals{};
        if (s.now() == before)
            return judge_metadata(s, text, counted, found);
    }
    s.give_up();
}

} // namespace notes_export
