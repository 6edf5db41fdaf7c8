#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <rapidjson/document.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <string_view>

namespace notes_export {

/// Deeper than anything that we write or let through: what is nested further is damaged.
inline constexpr std::size_t deepest_json = 64;

/**
 * Hands on what a RapidJSON reader tells of, and stops it below deepest_json levels. The reader calls itself for each
 * level, so that a file of nothing but brackets would otherwise be the end of the stack, and of the process.
 *
 * A handler for rapidjson::GenericReader, therefore the capital names.
 */
template <class Handler>
class bounded_depth {
public:
    explicit bounded_depth(Handler& next) : m_next{&next} {}

    bool Null() { return m_next->Null(); }
    bool Bool(bool b) { return m_next->Bool(b); }
    bool Int(int i) { return m_next->Int(i); }
    bool Uint(unsigned u) { return m_next->Uint(u); }
    bool Int64(std::int64_t i) { return m_next->Int64(i); }
    bool Uint64(std::uint64_t u) { return m_next->Uint64(u); }
    bool Double(double d) { return m_next->Double(d); }
    bool RawNumber(char const* text, rapidjson::SizeType length, bool copy) {
        return m_next->RawNumber(text, length, copy);
    }
    bool String(char const* text, rapidjson::SizeType length, bool copy) { return m_next->String(text, length, copy); }
    bool Key(char const* text, rapidjson::SizeType length, bool copy) { return m_next->Key(text, length, copy); }
    bool StartObject() { return ++m_depth <= deepest_json && m_next->StartObject(); }
    bool StartArray() { return ++m_depth <= deepest_json && m_next->StartArray(); }
    bool EndObject(rapidjson::SizeType members) {
        --m_depth;
        return m_next->EndObject(members);
    }
    bool EndArray(rapidjson::SizeType elements) {
        --m_depth;
        return m_next->EndArray(elements);
    }

private:
    Handler* m_next;
    std::size_t m_depth = 0;
};

/// Lets a handler see a text, or as much of it as is not too deep. false when it is no JSON, or the handler said so.
template <unsigned Flags, class Handler>
bool read_json(rapidjson::MemoryStream& in, Handler& handler) {
    bounded_depth<Handler> bounded{handler};
    rapidjson::Reader reader;
    return !reader.Parse<Flags>(in, bounded).IsError();
}

/// nullptr when it is no JSON or no UTF-8, nested too deeply, or goes on behind a NUL. (clang-tidy 14 takes the end of
/// an optional document for two.)
std::unique_ptr<rapidjson::Document> parse_json(std::string_view text);

} // namespace notes_export
