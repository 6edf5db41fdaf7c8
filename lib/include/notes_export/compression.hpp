#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace notes_export {

/// How the twin of a published file is compressed: `x.json.gz`, `x.json.br`.
enum class compression : std::uint8_t { gzip, brotli };
inline constexpr compression all_compressions[]{compression::gzip, compression::brotli};

/// "gz" and "br".
constexpr std::string_view name_of(compression c) noexcept {
    return c == compression::gzip ? "gz" : "br";
}

/// Some of them. Thread: a value.
class compressions {
public:
    constexpr compressions() = default;
    constexpr void add(compression c) noexcept { m_bits |= bit(c); }
    constexpr void add(compressions other) noexcept { m_bits |= other.m_bits; }
    constexpr bool has(compression c) const noexcept { return (m_bits & bit(c)) != 0; }
    constexpr bool none() const noexcept { return m_bits == 0; }
    constexpr std::size_t count() const noexcept {
        return (has(compression::gzip) ? 1U : 0U) + (has(compression::brotli) ? 1U : 0U);
    }
    constexpr bool operator==(compressions const&) const = default;

private:
    static constexpr unsigned bit(compression c) noexcept { return 1U << static_cast<unsigned>(c); }
    unsigned m_bits = 0;
};

} // namespace notes_export
