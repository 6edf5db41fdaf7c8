#pragma once

#include <rapidjson/document.h>
#include <string_view>

namespace notes_export {

/// The member of that name; nullptr when there is none, or when that is no object.
rapidjson::Value const* find_member(rapidjson::Value const& of, std::string_view name);

/// "" when there is none, or when it is no string. Its bytes are those of `of`.
std::string_view string_member(rapidjson::Value const& of, std::string_view name);

/// `otherwise` when there is none, or when it is no integer that fits.
template <class Integer>
Integer integer_member(rapidjson::Value const& of, std::string_view name, Integer otherwise = 0) {
    auto const* const found = find_member(of, name);
    return found != nullptr && found->Is<Integer>() ? found->Get<Integer>() : otherwise;
}

} // namespace notes_export
