#include "notes_export/mirror_state.hpp"

#include "document/bounded_json.hpp"
#include "document/json_members.hpp"
#include "document/json_value.hpp"
#include "notes_export/utf8.hpp"

#include <algorithm>
#include <type_traits>

namespace notes_export {

namespace {

constexpr std::size_t longest_name = 32;
constexpr std::size_t longest_text = 4096; // of a member: as much of an error as anybody reads
// In the year 2255, which a std::chrono::system_clock still has. What is later is no time of ours, and would overflow
// it.
constexpr std::int64_t latest = 9'000'000'000;

/// The members, for writing and for reading. `each` gets the name and the member itself.
template <class State, class Each>
void for_each_member(State& s, Each const& each) {
    each("name", s.name);
    each("kind", s.kind);
    each("url", s.url);
    each("generation", s.generation);
    each("tree_generation", s.tree_generation);
    each("generation_time", s.generation_time);
    each("behind_since", s.behind_since);
    each("written", s.written);
    each("steps", s.steps);
    each("errors", s.errors);
    each("error", s.error);
    each("error_kind", s.error_kind);
    each("error_since", s.error_since);
    each("ended", s.ended);
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

bool take(rapidjson::Value const& from, std::string& to) {
    if (!from.IsString() || from.GetStringLength() > longest_text)
        return false;
    to.assign(from.GetString(), from.GetStringLength());
    return true;
}
bool take(rapidjson::Value const& from, std::uint64_t& to) {
    if (!from.IsUint64())
        return false;
    to = from.GetUint64();
    return true;
}
bool take(rapidjson::Value const& from, std::int64_t& to) {
    if (!from.IsInt64() || from.GetInt64() < 0 || from.GetInt64() > latest)
        return false;
    to = from.GetInt64();
    return true;
}

/// What programs and servers of others say may be long, and need not be UTF-8; the file must be read all the same.
std::string readable(std::string_view text) {
    std::string out{text.substr(0, longest_text)};
    while (out.size() < text.size() && !out.empty() && is_continuation(text[out.size()]))
        out.pop_back();
    return readable_utf8(std::move(out));
}

} // namespace

std::string mirror_state::text() const {
    std::string out;
    for_each_member(*this, [&](char const* member, auto const& value) {
        out += (out.empty() ? "{\n  \"" : ",\n  \"") + std::string{member} + "\": ";
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
            append_json_string(out, readable(value));
        else
            out += std::to_string(value);
    });
    return out + "\n}\n";
}

std::optional<mirror_state> mirror_state::parse(std::string_view text) {
    auto const json = parse_json(text);
    if (!json || !json->IsObject())
        return std::nullopt;
    mirror_state read;
    bool good = true;
    for_each_member(read, [&](char const* member, auto& value) {
        auto const* const found = find_member(*json, member);
        good = good && found != nullptr && take(*found, value);
    });
    return good && is_name(read.name) ? std::optional{read} : std::nullopt;
}

} // namespace notes_export
