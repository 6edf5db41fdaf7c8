#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace soak {

struct user_row {
    std::int64_t key;
    std::int64_t id;
    std::string name;
    int open;
    int closed;
    int type;     ///< contributor type
    bool current; ///< of its dimension row
};

struct country_row {
    std::int64_t key;
    std::int64_t id;
    std::string name;
    int open;
};

/// What was committed, as far as the soak changes it. Kept by whoever writes, never read back.
struct warehouse {
    std::map<std::int64_t, user_row> users; ///< by key
    std::map<std::int64_t, country_row> countries;
    std::map<int, std::string> contributor_types;
    std::optional<int> global_open;

    /// Takes in what another part of the warehouse holds.
    void add(warehouse const& part);
    /// The row that is published for each id, in the order of the index.
    std::vector<user_row> published_users() const;
    std::vector<country_row> published_countries() const;
};

} // namespace soak
