#include "schedule/full_request.hpp"

#include <rapidjson/document.h>

namespace exportd {

bool asks_for_full(std::string_view payload) {
    rapidjson::Document parsed;
    parsed.Parse<rapidjson::kParseIterativeFlag>(payload.data(), payload.size()); // however deep it is
    if (parsed.HasParseError() || !parsed.IsObject())
        return false;
    auto const& d = parsed; // clang finds the comparison of its other iterators ambiguous
    auto const full = d.FindMember("full");
    return full != d.MemberEnd() && full->value.IsTrue();
}

} // namespace exportd
