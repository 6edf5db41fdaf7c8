#include "verify/index.hpp"

#include "cycle/quarantine.hpp"
#include "index/entries.hpp"
#include "index/file.hpp"
#include "source/work_list.hpp"
#include "verify/comparing_pipeline.hpp"
#include "verify/file_comparison.hpp"

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

    /// false: it differs, but perhaps only because profiles were published meanwhile.
    bool run(findings& found) {
        m_sides.at_rest([this] { open(); });
        auto const except = exceptions();
        auto const live = compare(except);
        bool const from_profiles = !except.refused.empty();
        if (live != tree::comparison::equal && from_profiles && m_sides.now() != m_since)
            return false;
        found.checked(1);
        if (live != tree::comparison::equal)
            found.differs({live == tree::comparison::missing ? drift::kind::missing : drift::kind::differs,
                           m_dataset.index_path, m_any_pending, m_dataset.name});
        return true;
    }

private:
    void open() {
        m_since = m_sides.now();
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
};

} // namespace

void compare_index(sides& s, dataset const& d, std::set<std::int64_t> const& special, findings& found) {
    constexpr int most_readings = 4; // of the whole table
    for (int readings = 0; readings < most_readings; ++readings) {
        bool certain = false;
        s.despite_oversized([&] { certain = index_comparison{s, d, special}.run(found); });
        if (certain)
            return;
    }
    s.give_up();
}

} // namespace notes_export
