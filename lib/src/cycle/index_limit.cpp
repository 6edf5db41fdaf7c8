#include "cycle/index_limit.hpp"

#include <algorithm>

namespace notes_export {

index_fit judge_index(std::uint64_t bytes, std::uint64_t limit, bool is_new) noexcept {
    if (limit == 0 || bytes <= limit / 2)
        return index_fit::fits;
    return bytes > limit && is_new ? index_fit::too_large : index_fit::large;
}

bool index_is_owed(std::vector<index_size> const& refused, std::string const& dataset, std::uint64_t limit) {
    auto const found = std::ranges::find(refused, dataset, &index_size::dataset);
    return found != refused.end() && found->limit != limit;
}

bool forget_refusal(std::vector<index_size>& refused, std::string const& dataset, std::uint64_t limit) {
    auto const found = std::ranges::find(refused, dataset, &index_size::dataset);
    if (found == refused.end())
        return false;
    bool const same_limit = found->limit == limit;
    refused.erase(found);
    return same_limit;
}

} // namespace notes_export
