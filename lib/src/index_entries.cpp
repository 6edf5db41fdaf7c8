#include "index_entries.hpp"

#include "document/index_position.hpp"
#include "document/profile_members.hpp"
#include "pg/cursor.hpp"
#include "source/document_query.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace notes_export {

namespace {

struct kept_entry {
    index_position position;
    std::string text;
};

std::optional<std::string> entry_from_profile(std::string_view profile, dataset const& d) {
    auto const values = profile_members(profile, d.index_columns);
    if (!values)
        return std::nullopt;
    std::string entry = "{";
    for (std::size_t i = 0; i < values->size(); ++i)
        entry += (i == 0 ? "\"" : ",\"") + d.index_columns[i] + "\":" + (*values)[i];
    return entry + '}';
}

std::optional<kept_entry> kept_from_profile(std::string_view profile, dataset const& d, std::int64_t id) {
    auto text = entry_from_profile(profile, d);
    auto const order = profile_members(profile, d.index_order);
    if (!text || !order)
        return std::nullopt;
    kept_entry kept{{{}, id}, std::move(*text)};
    for (auto const& value : *order)
        kept.position.values.push_back(number_or_null(value));
    return kept;
}

/// The entries that no row gives, handed out where they belong between those of the rows.
class kept_entries {
public:
    kept_entries(tree const& files, dataset const& d, index_exceptions const& exceptions,
                 std::function<void(index_entry const&)> const& use)
        : m_use{&use} {
        entity_path const layout{d.path};
        std::set<std::int64_t> ids; // two rows of one id may both be refused
        for (auto const& [key, id] : exceptions.refused)
            ids.insert(id);
        for (auto const id : ids)
            if (auto const profile = files.read(layout.of(id))) {
                ++m_profiles;
                if (auto kept = kept_from_profile(*profile, d, id))
                    m_waiting.push_back(std::move(*kept));
                else
                    use({id, true, true, ""});
            }
        std::ranges::sort(m_waiting, [](auto const& a, auto const& b) { return b.position < a.position; });
    }

    bool any() const noexcept { return !m_waiting.empty(); }
    std::size_t profiles() const noexcept { return m_profiles; }

    void before(index_position const& row) {
        while (any() && m_waiting.back().position < row)
            give();
    }
    void rest() {
        while (any())
            give();
    }

private:
    void give() {
        (*m_use)({m_waiting.back().position.id, true, true, m_waiting.back().text});
        m_waiting.pop_back();
    }

    std::function<void(index_entry const&)> const* m_use;
    std::vector<kept_entry> m_waiting; ///< the last one first
    std::size_t m_profiles = 0;
};

} // namespace

std::size_t for_each_index_entry(index_source const& from, dataset const& d, index_exceptions const& exceptions,
                                 std::function<void(index_entry const&)> const& use) {
    kept_entries kept{from.files, d, exceptions, use};
    bool const with_order = kept.any();
    auto query = index_query(from.statements, d, from.columns, with_order);
    std::size_t rows = 0;
    std::string text;
    pg::for_each_row(from.reader, "read index of " + d.table, query.text, {}, [&](pg::result const& r, int i) {
        if (i == 0)
            query.document.bind(r);
        auto const key = r.integer(i, 0);
        if (exceptions.superseded.contains(key) || exceptions.refused.contains(key))
            return;
        index_position position{{}, r.integer(i, 1)};
        if (with_order) {
            for (int n = 0; n < static_cast<int>(d.index_order.size()); ++n)
                position.values.push_back(number_or_null(r.text(i, 2 + n)));
            kept.before(position);
        }
        text.clear();
        query.document.append(text, r, i);
        use({position.id, true, false, text});
        ++rows;
    });
    kept.rest();
    return rows + kept.profiles();
}

bool for_each_changed_entry(index_source const& from, dataset const& d,
                            std::map<std::int64_t, std::int64_t> const& refused, std::vector<std::int64_t> const& ids,
                            std::function<void(index_entry const&)> const& use) {
    entity_path const layout{d.path};
    std::set<std::int64_t> refused_ids;
    for (auto const& [key, id] : refused)
        refused_ids.insert(id);
    auto query = index_query_of_ids(from.statements, d, from.columns);
    auto const rows =
        from.reader.prepared("read index entries of " + d.table, query.text, std::array<pg::param, 1>{array_text(ids)});
    query.document.bind(rows);
    int next = 0;
    for (auto const id : ids) {
        bool const there = next < rows.rows() && rows.integer(next, 1) == id;
        int const row = there ? next++ : -1;
        if (refused_ids.contains(id)) {
            if (!there || !refused.contains(rows.integer(row, 0)))
                return false;
            auto const profile = from.files.read(layout.of(id));
            auto const text = profile ? entry_from_profile(*profile, d) : std::nullopt;
            use({id, profile.has_value(), true, text.value_or("")});
        } else {
            std::string text;
            if (there)
                query.document.append(text, rows, row);
            use({id, there, false, text});
        }
    }
    return true;
}

std::string mergeable_columns(dataset const& d, catalog const& columns) {
    std::string text;
    for (auto const& name : d.index_columns) {
        auto const c = columns.find(d.table, name);
        auto const form = json_form_of(c.type);
        if (!form || *form == json_form::verbatim)
            return "";
        text += c.name + ' ' + c.exact_type + '\n';
    }
    auto const is_whole_number = [&](std::string const& name) {
        return is_integer(columns.find(d.table, name).type) &&
               std::ranges::find(d.index_columns, name) != d.index_columns.end();
    };
    bool const ordered = std::ranges::all_of(d.index_order, is_whole_number) && is_whole_number(d.id_column);
    return ordered && d.index_columns.front() == d.id_column ? text : "";
}

} // namespace notes_export
