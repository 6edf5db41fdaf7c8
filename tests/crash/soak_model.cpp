#include "crash/soak_model.hpp"

#include <algorithm>
#include <tuple>

namespace soak {

namespace {

// The row of the current dimension row, else the one with the highest key.
bool better(user_row const& a, user_row const& b) {
    return std::tuple{a.current, a.key} > std::tuple{b.current, b.key};
}

} // namespace

void warehouse::add(warehouse const& part) {
    users.insert(part.users.begin(), part.users.end());
    countries.insert(part.countries.begin(), part.countries.end());
    contributor_types.insert(part.contributor_types.begin(), part.contributor_types.end());
    if (part.global_open)
        global_open = part.global_open;
}

std::vector<user_row> warehouse::published_users() const {
    std::map<std::int64_t, user_row> best;
    for (auto const& [key, row] : users) {
        auto const [at, inserted] = best.emplace(row.id, row);
        if (!inserted && better(row, at->second))
            at->second = row;
    }
    std::vector<user_row> rows;
    for (auto const& [id, row] : best)
        rows.push_back(row);
    std::ranges::stable_sort(rows, [](user_row const& a, user_row const& b) {
        return std::tuple{a.open, a.closed} > std::tuple{b.open, b.closed};
    });
    return rows;
}

std::vector<country_row> warehouse::published_countries() const {
    std::vector<country_row> rows;
    for (auto const& [key, row] : countries)
        rows.push_back(row);
    return rows;
}

} // namespace soak
