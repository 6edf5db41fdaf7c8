#include "verify/index.hpp"

#include "cycle/make_shards.hpp"
#include "cycle/quarantine.hpp"
#include "index/entries.hpp"
#include "index/file.hpp"
#include "source/work_list.hpp"
#include "verify/comparing_pipeline.hpp"
#include "verify/file_comparison.hpp"
#include "verify/shards.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace notes_export {

namespace {

using role = work_row::role;

// When more rows wait, the index is certainly not what it will be, and the next cycle makes it anew.
constexpr std::size_t most_pending = 10'000;

class index_comparison {
public:
    index_comparison(sides& s, dataset const& d, std::set<std::int64_t> const& special)
        : m_sides{s}, m_dataset{d}, m_special{special} {}

    /// false: something differs, but perhaps only because something was published meanwhile.
    bool run(findings& found) {
        m_sides.at_rest([this] { open(); });
        return look(found);
    }
    /// The same while nothing can be published, so that it is certain.
    void run_at_rest(findings& found) {
        m_sides.at_rest([&] {
            open();
            look(found);
        });
    }

private:
    bool look(findings& found) {
        auto const except = m_dataset.has_entries() ? exceptions() : index_exceptions{};
        if (m_dataset.shards.make)
            m_building.emplace(m_dataset, m_sides.published_profiles(m_dataset));
        auto const live = m_dataset.has_entries() ? compare(except) : tree::comparison::equal;
        auto const former = find_former_index_files(m_sides, m_dataset);
        auto const shards = m_building ? compare_shards(m_sides, m_dataset, m_building->finish().state, m_any_pending)
                                       : shard_findings{};
        bool const differs = has_whole() && live != tree::comparison::equal;
        bool const from_profiles = !except.refused.empty();
        bool const uncertain = (differs && from_profiles) || !shards.drifts.empty() || !former.drifts.empty();
        if (uncertain && m_sides.now() != m_since)
            return false;
        found.checked((has_whole() ? 1 : 0) + shards.checked);
        if (differs)
            found.differs({live == tree::comparison::missing ? drift::kind::missing : drift::kind::differs,
                           m_dataset.index_path, m_any_pending, m_dataset.name});
        for (auto const* const some : {&former, &shards})
            for (auto const& d : some->drifts)
                found.differs(d);
        return true;
    }

    bool has_whole() const noexcept { return m_dataset.has_index(); }
    void open() {
        m_since = m_sides.now();
        if (has_whole())
            m_file = m_sides.files.open_file(m_dataset.index_path);
    }

    // Of all other rows the profile was found equal, and they are as they were then.
    std::vector<std::int64_t> ids_to_look_at() {
        auto ids = m_special;
        auto& reader = m_sides.reader();
        bool const flags = m_sides.has_versions(m_dataset);
        auto const pending = flags ? read_pending_ids(reader, m_sides.statements, m_dataset, most_pending + 1)
                                   : std::vector<std::int64_t>{};
        m_any_pending = !pending.empty();
        if (pending.size() <= most_pending)
            ids.insert(pending.begin(), pending.end());
        return {ids.begin(), ids.end()};
    }

    index_exceptions exceptions() {
        index_exceptions except;
        std::vector<work_row> profiles;
        for (auto const& row : read_rows_of_ids(m_sides.reader(), m_sides.statements, m_dataset,
                                                m_sides.has_versions(m_dataset), ids_to_look_at())
                                   .rows)
            if (row.what == role::superseded)
                except.superseded.insert(row.name());
            else if (row.what == role::doubled)
                except.doubled.insert(row.id);
            else if (row.what == role::keyless)
                except.refused.insert(row.name());
            else if (row.what == role::profile)
                profiles.push_back(row);
        add_refused(profiles, except);
        return except;
    }

    void add_refused(std::vector<work_row> const& profiles, index_exceptions& except) {
        auto const outcomes = comparing_pipeline(m_sides, m_dataset).run(profiles);
        for (auto const& outcome : outcomes)
            if (outcome.what == profile_outcome::kind::refused) {
                except.refused.insert(outcome.row.name());
                if (outcome.why.keyword == unreadable_keyword)
                    except.unreadable.insert(outcome.row.id);
            }
    }

    tree::comparison compare(index_exceptions const& except) {
        index_entry_check check{m_sides.schemas.find(m_dataset.index_schema)};
        file_comparison live{m_file, m_sides.files.full(m_dataset.index_path)};
        index_punctuation between;
        for_each_index_entry({m_sides.reader(), m_sides.statements, m_sides.columns, m_sides.files}, m_dataset, except,
                             [&](index_entry const& entry) {
                                 if (entry.text.empty() || !check.fits(entry.text))
                                     return;
                                 live.append(between.before_entry());
                                 live.append(entry.text);
                                 if (m_building)
                                     m_building->add(entry.id, entry.text);
                             });
        live.append(between.end());
        return live.result();
    }

    sides& m_sides;
    dataset const& m_dataset;
    std::set<std::int64_t> const& m_special;
    file m_file;
    sides::moment m_since;
    bool m_any_pending = false;
    std::optional<shard_building> m_building;
};

} // namespace

void compare_index(sides& s, dataset const& d, std::set<std::int64_t> const& special, findings& found) {
    constexpr int most_readings = 4; // of the whole table
    for (int readings = 0; readings < most_readings; ++readings) {
        bool certain = false;
        s.despite_lost_snapshots([&] { certain = index_comparison{s, d, special}.run(found); });
        if (certain)
            return;
    }
    if (!d.shards.make)
        s.give_up();
    s.despite_lost_snapshots([&] { index_comparison{s, d, special}.run_at_rest(found); });
}

} // namespace notes_export
