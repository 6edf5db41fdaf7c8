#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::shard {

/// How many files the names are spread over: a power of 16.
inline constexpr unsigned name_shards = 4096;

/// FNV-1a of 32 bits.
std::uint32_t hash_of(std::string_view bytes) noexcept;

/// The number of the file that has this name: the hash of its folded characters as UTF-8, modulo name_shards.
unsigned shard_of(std::u32string_view folded_name);

/// Two folded characters that follow each other.
struct bigram {
    char32_t first = 0;
    char32_t second = 0;

    auto operator<=>(bigram const&) const = default; // NOLINT(modernize-use-nullptr): the 0 is the compiler's
};

/// So many characters of a name are looked through for bigrams: names come from outside, and each bigram is a file.
inline constexpr std::size_t searched_characters = 32;

/// Of a name, each once.
std::vector<bigram> bigrams_of(std::u32string_view folded_name);

/// The name itself, of its JSON text: of a number its digits, as JavaScript shows integers; "" for null.
std::string name_of_json(std::string_view json);

} // namespace notes_export::shard
