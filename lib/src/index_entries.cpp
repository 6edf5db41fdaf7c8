#include "index_entries.hpp"

#include "document/profile_members.hpp"
#include "pg/cursor.hpp"
#include "source/document_query.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

namespace notes_export {

namespace {

/// Where an entry stands: each value DESC NULLS LAST, then the id.
struct index_position {
    std::vector<std::optional<double>> values; ///< counters: a double holds them exactly
    std::int64_t id = 0;

    bool operator<(index_position const& other) const {
        for (std::size_t i = 0; i < values.size(); ++i)
            if (values[i] != other.values[i])
                return values[i] > other.values[i]; // nothing is less than any value
        return id < other.id;
    }
};

std::optional<double> number(std::string_view text) {
    double value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

struct kept_entry {
    index_position position;
    std::string text;
};

std::optional<kept_entry> entry_from_profile(std::string_view profile, dataset const& d, std::int64_t id) {
    auto const values = profile_members(profile, d.index_columns);
    auto const order = profile_members(profile, d.index_order);
    if (!values || !order)
        return std::nullopt;
    kept_entry kept{{{}, id}, "{"};
    for (std::size_t i = 0; i < values->size(); ++i)
        kept.text += (i == 0 ? "\"" : ",\"") + d.index_columns[i] + "\":" + (*values)[i];
    kept.text += '}';
    for (auto const& text : *order)
        kept.position.values.push_back(number(text));
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
                if (auto kept = entry_from_profile(*profile, d, id))
                    m_waiting.push_back(std::move(*kept));
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
        (*m_use)({m_waiting.back().position.id, m_waiting.back().text, true});
        m_waiting.pop_back();
    }

    std::function<void(index_entry const&)> const* m_use;
    std::vector<kept_entry> m_waiting; ///< the last one first
    std::size_t m_profiles = 0;
};

} // namespace

std::size_t for_each_index_entry(pg::connection& c, sql const& statements, catalog const& columns, dataset const& d,
                                 tree const& files, index_exceptions const& exceptions,
                                 std::function<void(index_entry const&)> const& use) {
    kept_entries kept{files, d, exceptions, use};
    bool const with_order = kept.any();
    auto query = index_query(statements, d, columns, with_order);
    std::size_t rows = 0;
    std::string text;
    pg::for_each_row(c, "read index of " + d.table, query.text, {}, [&](pg::result const& r, int i) {
        if (i == 0)
            query.document.bind(r);
        auto const key = r.integer(i, 0);
        if (exceptions.superseded.contains(key) || exceptions.refused.contains(key))
            return;
        index_position position{{}, r.integer(i, 1)};
        if (with_order) {
            for (int n = 0; n < static_cast<int>(d.index_order.size()); ++n)
                position.values.push_back(number(r.text(i, 2 + n)));
            kept.before(position);
        }
        text.clear();
        query.document.append(text, r, i);
        use({position.id, text, false});
        ++rows;
    });
    kept.rest();
    return rows + kept.profiles();
}

} // namespace notes_export
