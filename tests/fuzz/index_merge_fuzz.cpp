// An index and changes to it: merging gives the bytes that sorting everything anew gives.
#include "fuzz/input.hpp"
#include "fuzz/merged_index.hpp"

#include "support/index_rows.hpp"

#include <array>
#include <map>

using test::index_row;

namespace {

std::optional<int> counter(fuzz::input& in) {
    int const n = in.byte();
    return n % 8 == 0 ? std::nullopt : std::optional{n < 128 ? n % 4 : (n - 190) * 30'000'000};
}

std::string name(fuzz::input& in) {
    static constexpr std::array<char const*, 8> names{"",     "plain",       "]\\n, [", ", \\n ", "{\\\"user_id\\\":7,",
                                                      "\\\\", "J\xc3\xb6rg", "}]\\n"};
    auto const n = in.byte();
    return names[n % names.size()] + std::string(n > 250 ? 5000 : 0, 'x');
}

index_row row(fuzz::input& in) {
    std::int64_t const id = 1 + in.byte() % 50;
    auto const open = counter(in);
    auto const closed = counter(in);
    return {id, open, closed, name(in)};
}

std::vector<index_row> values(std::map<std::int64_t, index_row> const& rows) {
    std::vector<index_row> all;
    for (auto const& [id, r] : rows)
        all.push_back(r);
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::input in{data, size};
    std::map<std::int64_t, index_row> rows;
    for (int n = in.byte() % 40; n > 0; --n) {
        auto r = row(in);
        rows.insert_or_assign(r.id, std::move(r));
    }
    auto const before = test::index_of(values(rows));
    std::map<std::int64_t, notes_export::index_change> changes;
    while (!in.empty()) {
        bool const goes = in.byte() % 4 == 0;
        auto r = row(in);
        auto const id = r.id;
        rows.erase(id);
        changes.insert_or_assign(id, notes_export::index_change{id, goes ? std::nullopt : std::optional{r.entry()}});
        if (!goes)
            rows.emplace(id, std::move(r));
    }
    std::vector<notes_export::index_change> list;
    for (auto const& [id, c] : changes)
        list.push_back(c);
    auto const after = test::index_of(values(rows));
    auto const merged = fuzz::merged_index(before, list);
    fuzz::expect(merged.possible, "an index of ours can be merged");
    fuzz::expect(merged.text.value_or(before) == after, "merging gives what sorting everything gives");
    fuzz::expect(merged.text.has_value() == (before != after), "an index that stays the same is not written");
    return 0;
}
