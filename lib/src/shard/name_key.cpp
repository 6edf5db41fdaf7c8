#include "shard/name_key.hpp"

#include "document/bounded_json.hpp"
#include "notes_export/utf8.hpp"
#include "shard/fold.hpp"

#include <algorithm>
#include <bit>

namespace notes_export::shard {

static_assert(std::has_single_bit(name_shards) && std::countr_zero(name_shards) % 4 == 0);

std::uint32_t hash_of(std::string_view bytes) noexcept {
    std::uint32_t hash = 0x811C9DC5;
    for (char const c : bytes)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
    return hash;
}

unsigned shard_of(std::u32string_view folded_name) {
    std::string bytes;
    for (auto const c : folded_name)
        append_utf8(bytes, c);
    return hash_of(bytes) % name_shards;
}

std::vector<bigram> bigrams_of(std::u32string_view folded_name) {
    auto const name = folded_name.substr(0, searched_characters);
    std::vector<bigram> all;
    for (std::size_t i = 1; i < name.size(); ++i)
        all.push_back({name[i - 1], name[i]});
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

std::string name_of_json(std::string_view json) {
    if (json.size() >= 2 && json.front() == '"' && json.find('\\') == std::string_view::npos)
        return std::string{json.substr(1, json.size() - 2)};
    bool const number = !json.empty() && (json.front() == '-' || (json.front() >= '0' && json.front() <= '9'));
    if (number)
        return std::string{json};
    auto const value = parse_json(json);
    return value && value->IsString() ? std::string{value->GetString(), value->GetStringLength()} : std::string{};
}

} // namespace notes_export::shard
