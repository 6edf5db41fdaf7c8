#include "schedule/full_request.hpp"

#include <rapidjson/document.h>

namespace exportd {

bool asks_for_full(std::string_view payload) {
    rapidjson::Document d;
    d.Parse<rapidjson::kParseIterativeFlag>(payload.data(), payload.size()); // however deep it is
    if (d.HasParseError() || !d.IsObject())
        return false;
    auto const full = d.FindMember("full");
    return full != d.MemberEnd() && full->value.IsTrue();
}

} // namespace exportd
