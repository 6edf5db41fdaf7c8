// Any file in the place of an index: it is not ours, or holds the changes once it was merged.
#include "fuzz/input.hpp"
#include "fuzz/merged_index.hpp"

#include "support/index_rows.hpp"

#include <set>

using fuzz::expect;

namespace {

std::vector<notes_export::index_change> changes_from(fuzz::input& in) {
    std::vector<notes_export::index_change> changes;
    std::set<std::int64_t> ids;
    while (!in.empty() && changes.size() < 20) {
        std::int64_t const id = 1 + in.byte() % 50;
        test::index_row const row{id, in.byte() % 8, in.byte() % 8};
        if (ids.insert(id).second)
            changes.push_back({id, row.open == 0 ? std::nullopt : std::optional{row.entry()}});
    }
    return changes;
}

std::size_t count(std::string const& text, std::string const& part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++n;
    return n;
}

bool has_one_of_each(std::string const& index, std::vector<notes_export::index_change> const& changes) {
    return std::ranges::all_of(
        changes, [&](auto const& c) { return count(index, "{\"user_id\":" + std::to_string(c.id)) <= 1; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::input in{data, size};
    std::string const published{in.text_before('\0')};
    auto const changes = changes_from(in);
    auto const merged = fuzz::merged_index(published, changes);
    if (!merged.possible)
        return 0;
    auto const& after = merged.text.value_or(published);
    expect(after.starts_with('[') && after.ends_with("]\n"), "the result is an array");
    for (auto const& c : changes)
        if (c.entry)
            expect(after.find(*c.entry) != std::string::npos, "what comes in is there");
    if (has_one_of_each(published, changes)) {
        auto const again = fuzz::merged_index(after, changes);
        expect(!again.possible || !again.text, "merging the same changes again changes nothing");
    }
    return 0;
}
