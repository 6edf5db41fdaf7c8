#include "schedule/full_request.hpp"

#include <rapidjson/document.h>
#include <rapidjson/memorystream.h>

namespace exportd {

bool asks_for_full(std::string_view payload) {
    // Not by its pointer and length: the reader would skip what it takes for a byte order mark, or for a part of one.
    rapidjson::MemoryStream in{payload.data(), payload.size()};
    rapidjson::Document parsed;
    parsed.ParseStream<rapidjson::kParseIterativeFlag>(in); // however deep it is
    if (parsed.HasParseError() || !parsed.IsObject())
        return false;
    auto const& d = parsed; // clang finds the comparison of its other iterators ambiguous
    auto const full = d.FindMember("full");
    return full != d.MemberEnd() && full->value.IsTrue();
}

} // namespace exportd
