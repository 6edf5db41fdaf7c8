// An index of somebody else's tree: its ids are those that RapidJSON finds, however the bytes are cut.
#include "fuzz/expect.hpp"
#include "fuzz/input.hpp"

#include "mirror/source/index_ids.hpp"

#include <optional>
#include <rapidjson/document.h>
#include <vector>

using fuzz::expect;
using notes_export::mirror::index_ids;

namespace {

constexpr std::size_t longest_text = 4096; // RapidJSON calls itself for each level

/// nullopt when it is not an array of objects with one id each.
std::optional<std::vector<std::int64_t>> read_by_rapidjson(std::string_view text) {
    rapidjson::Document d;
    if (d.Parse(text.data(), text.size()).HasParseError() || !d.IsArray())
        return std::nullopt;
    std::vector<std::int64_t> ids;
    for (auto const& entry : d.GetArray()) {
        if (!entry.IsObject())
            return std::nullopt;
        std::size_t of_entry = 0;
        for (auto const& member : entry.GetObject())
            if (std::string_view{member.name.GetString(), member.name.GetStringLength()} == "id") {
                if (!member.value.IsInt64() || member.value.GetInt64() < 1)
                    return std::nullopt;
                ids.push_back(member.value.GetInt64());
                ++of_entry;
            }
        if (of_entry != 1)
            return std::nullopt;
    }
    return ids;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::input in{data, size};
    auto const length = std::size_t{1} + in.byte();
    auto const text = in.rest();
    index_ids whole{"id"};
    whole.add(text);
    index_ids cut{"id"};
    for (std::size_t at = 0; at < text.size(); at += length)
        cut.add(text.substr(at, length));
    expect(whole.whole() == cut.whole() && whole.ids() == cut.ids(), "where the bytes are cut does not matter");
    expect(whole.ids().size() <= text.size(), "ids are bounded by what they came from");
    // Names with escapes are none of ours, and what is nested too deep neither.
    if (text.size() > longest_text || text.find('\\') != std::string_view::npos)
        return 0;
    if (auto const ids = read_by_rapidjson(text); ids && whole.whole())
        expect(*ids == whole.ids(), "the ids are those of the JSON");
    return 0;
}
