#include "index/entries.hpp"

#include "document/document_query.hpp"
#include "document/profile_members.hpp"
#include "index/entry.hpp"
#include "index/position.hpp"
#include "pg/cursor.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace notes_export {

namespace {

struct kept_entry {
    index_position position;
    std::string text;
};

std::optional<kept_entry> kept_from_profile(std::string_view profile, dataset const& d, std::int64_t id) {
    auto text = entry_from_profile(profile, d);
    auto const order = profile_members(profile, d.index_order);
    if (!text || !order)
        return std::nullopt;
    kept_entry kept{{{}, id}, std::move(*text)};
    for (auto const& value : *order)
        kept.position.add(d, value);
    return kept;
}

// Two rows of one id may both be refused.
std::set<std::int64_t> ids_of(std::set<row_name> const& rows) {
    std::set<std::int64_t> ids;
    for (auto const& row : rows)
        ids.insert(row.id);
    return ids;
}

/// The entries that no row gives, handed out where they belong between those of the rows.
class kept_entries {
public:
    kept_entries(tree const& files, dataset const& d, index_exceptions const& exceptions,
                 std::function<void(index_entry const&)> const& use)
        : m_use{&use} {
        entity_path const layout{d.path};
        auto const ids = ids_of(exceptions.refused);
        for (auto const id : ids)
            if (auto const profile = files.read(layout.of(id))) {
                ++m_profiles;
                if (auto kept = kept_from_profile(*profile, d, id))
                    m_waiting.push_back(std::move(*kept));
                else
                    use({id, true, true, ""});
            }
    }

    /// Of an id whose rows do not say which of them it is.
    void add(std::int64_t id, std::string_view entry, dataset const& d) {
        ++m_profiles;
        if (auto kept = kept_from_profile(entry, d, id))
            m_waiting.push_back(std::move(*kept));
        else
            (*m_use)({id, true, true, ""});
    }
    void sort() {
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

row_name named(pg::result const& r, int i) {
    return {r.null(i, 0) ? no_key : r.integer(i, 0), r.integer(i, 1)};
}

// Checked on the bytes that are to be published.
void require_identity(std::string_view own_id, std::int64_t id, dataset const& d) {
    if (own_id != std::to_string(id))
        throw database_error{"read index of " + d.table + ": the entry of " + d.id_column + ' ' + std::to_string(id) +
                                 " is of " + std::string{own_id},
                             "", false};
}

/// Rows of ids, in order of id: of each the one that is published.
class published_rows {
public:
    struct row {
        row_name name;
        std::string entry;
    };

    published_rows(index_source const& from, dataset const& d, std::vector<std::int64_t> const& ids)
        : m_dataset{&d},
          m_query{index_query_of_ids(from.statements, d, from.columns)},
          m_rows{from.reader.prepared("read index entries of " + d.table, m_query.text,
                                      std::array<pg::param, 1>{array_text(ids)})} {
        m_query.document.bind(m_rows);
    }

    /// In rising order of id. Of several rows with the same key it is the one whose entry comes last; profiles are
    /// chosen the same way.
    std::optional<row> take(std::int64_t id) {
        std::optional<row> best;
        for (; m_next < m_rows.rows() && m_rows.integer(m_next, 1) == id; ++m_next) {
            auto const name = named(m_rows, m_next);
            if (best && best->name != name)
                continue;
            std::string entry;
            require_identity(m_query.document.append(entry, m_rows, m_next), id, *m_dataset);
            if (!best || best->entry < entry)
                best = row{name, std::move(entry)};
        }
        return best;
    }

private:
    dataset const* m_dataset;
    document_query m_query;
    pg::result m_rows;
    int m_next = 0;
};

void add_doubled(index_source const& from, dataset const& d, index_exceptions const& exceptions, kept_entries& kept) {
    if (exceptions.doubled.empty())
        return;
    auto const refused_ids = ids_of(exceptions.refused);
    std::vector<std::int64_t> ids;
    for (auto const id : exceptions.doubled)
        if (!refused_ids.contains(id))
            ids.push_back(id);
    published_rows rows{from, d, ids};
    for (auto const id : ids)
        if (auto const row = rows.take(id))
            kept.add(id, row->entry, d);
}

} // namespace

std::size_t for_each_index_entry(index_source const& from, dataset const& d, index_exceptions const& exceptions,
                                 std::function<void(index_entry const&)> const& use) {
    kept_entries kept{from.files, d, exceptions, use};
    add_doubled(from, d, exceptions, kept);
    kept.sort();
    bool const with_order = kept.any();
    auto query = index_query(from.statements, d, from.columns, with_order);
    std::size_t rows = 0;
    std::string text;
    auto take = [&](pg::result const& r, int i) {
        if (i == 0)
            query.document.bind(r);
        auto const name = named(r, i);
        if (name.key == no_key || exceptions.superseded.contains(name) || exceptions.refused.contains(name) ||
            exceptions.doubled.contains(name.id))
            return;
        index_position position{{}, name.id};
        if (with_order) {
            for (int n = 0; n < static_cast<int>(d.index_order.size()); ++n)
                position.add(d, r.text(i, 2 + n));
            kept.before(position);
        }
        text.clear();
        require_identity(query.document.append(text, r, i), name.id, d);
        use({position.id, true, false, text});
        ++rows;
    };
    pg::for_each_row(from.reader, "read index of " + d.table, query.text, {array_text(exceptions.unreadable)}, take);
    kept.rest();
    return rows + kept.profiles();
}

bool for_each_changed_entry(index_source const& from, dataset const& d, index_exceptions const& exceptions,
                            std::vector<std::int64_t> const& ids, std::function<void(index_entry const&)> const& use) {
    entity_path const layout{d.path};
    auto const refused_ids = ids_of(exceptions.refused);
    std::vector<std::int64_t> readable;
    std::ranges::copy_if(ids, std::back_inserter(readable),
                         [&](std::int64_t id) { return !exceptions.unreadable.contains(id); });
    published_rows rows{from, d, readable};
    for (auto const id : ids) {
        auto const row = rows.take(id);
        if (refused_ids.contains(id)) {
            bool const known = row && exceptions.refused.contains(row->name);
            if (!known && !exceptions.unreadable.contains(id))
                return false;
            auto const profile = from.files.read(layout.of(id));
            auto const text = profile ? entry_from_profile(*profile, d) : std::nullopt;
            use({id, profile.has_value(), true, text.value_or("")});
        } else {
            bool const there = row && row->name.key != no_key;
            use({id, there, false, there ? row->entry : ""});
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
