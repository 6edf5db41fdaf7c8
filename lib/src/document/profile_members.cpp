#include "document/profile_members.hpp"

#include "document/bounded_json.hpp"

#include <algorithm>

namespace notes_export {

namespace {

/// Notes where the values of wanted members begin and end. The reader stands behind a key, or behind a value, when it
/// tells of it.
class member_finder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, member_finder> {
public:
    member_finder(std::string_view json, rapidjson::MemoryStream const& in, std::vector<std::string> const& names)
        : m_json{json}, m_in{&in}, m_names{&names}, m_found(names.size()) {}

    bool Default() { return m_depth > 0 && end_value(); }
    bool StartObject() { return ++m_depth > 0; }
    bool EndObject(rapidjson::SizeType) { return --m_depth == 0 || end_value(); }
    bool StartArray() { return m_depth++ > 0; }
    bool EndArray(rapidjson::SizeType) { return --m_depth == 0 || end_value(); }
    bool Key(char const* text, rapidjson::SizeType length, bool) {
        if (m_depth == 1) {
            m_name = {text, length};
            m_begin = m_in->Tell();
        }
        return true;
    }

    std::vector<std::string> const& found() const noexcept { return m_found; }

private:
    bool end_value() {
        if (m_depth != 1)
            return true;
        auto const name = std::ranges::find(*m_names, m_name);
        if (name == m_names->end())
            return true;
        auto value = m_json.substr(m_begin, m_in->Tell() - m_begin);
        value.remove_prefix(value.find_first_not_of(" \t\r\n:"));
        m_found[static_cast<std::size_t>(name - m_names->begin())] = value;
        return true;
    }

    std::string_view m_json;
    rapidjson::MemoryStream const* m_in;
    std::vector<std::string> const* m_names;
    std::vector<std::string> m_found;
    std::string m_name;
    std::size_t m_begin = 0;
    int m_depth = 0;
};

} // namespace

std::optional<std::vector<std::string>> profile_members(std::string_view json, std::vector<std::string> const& names) {
    rapidjson::MemoryStream in{json.data(), json.size()};
    member_finder finder{json, in, names};
    // Numbers as strings: they are copied, so their size does not matter.
    constexpr unsigned flags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
    if (!read_json<flags>(in, finder))
        return std::nullopt;
    if (std::ranges::any_of(finder.found(), &std::string::empty))
        return std::nullopt;
    return finder.found();
}

} // namespace notes_export
