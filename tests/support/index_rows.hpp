#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace test {

/// A row of the index of users.
struct index_row {
    std::int64_t id;
    std::optional<int> open, closed;
    std::string name = "plain"; ///< escaped already

    std::string entry() const {
        auto const text = [](std::optional<int> n) { return n ? std::to_string(*n) : "null"; };
        return "{\"user_id\":" + std::to_string(id) + ",\"username\":\"" + name +
               "\",\"history_whole_open\":" + text(open) + ",\"history_whole_closed\":" + text(closed) + "}";
    }
    bool operator<(index_row const& other) const {
        auto const sorted = [](index_row const& r) {
            return std::tuple{!r.open, -r.open.value_or(0), !r.closed, -r.closed.value_or(0), r.id};
        };
        return sorted(*this) < sorted(other);
    }
};

/// The index of these rows, as sorting everything makes it.
inline std::string index_of(std::vector<index_row> rows) {
    std::ranges::sort(rows, [](index_row const& a, index_row const& b) { return a < b; });
    std::string text;
    for (auto const& r : rows)
        text += (text.empty() ? "[" : ", \n ") + r.entry();
    return (text.empty() ? "[" : text) + "]\n";
}

} // namespace test
