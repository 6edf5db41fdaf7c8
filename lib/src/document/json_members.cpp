#include "document/json_members.hpp"

namespace notes_export {

rapidjson::Value const* find_member(rapidjson::Value const& of, std::string_view name) {
    if (!of.IsObject())
        return nullptr;
    auto const length = static_cast<rapidjson::SizeType>(name.size());
    auto const found = of.FindMember(rapidjson::Value{rapidjson::StringRef(name.data(), length)});
    return found == of.MemberEnd() ? nullptr : &found->value;
}

std::string_view string_member(rapidjson::Value const& of, std::string_view name) {
    auto const* const found = find_member(of, name);
    return found != nullptr && found->IsString() ? std::string_view{found->GetString(), found->GetStringLength()}
                                                 : std::string_view{};
}

} // namespace notes_export
