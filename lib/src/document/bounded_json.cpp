#include "document/bounded_json.hpp"

namespace notes_export {

std::optional<rapidjson::Document> parse_json(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) // the reader would take it for the end
        return std::nullopt;
    rapidjson::MemoryStream in{text.data(), text.size()};
    bool whole = false;
    auto const fill = [&](rapidjson::Document& d) {
        whole = read_json<rapidjson::kParseValidateEncodingFlag>(in, d);
        return whole;
    };
    rapidjson::Document document;
    document.Populate(fill);
    return whole ? std::optional{std::move(document)} : std::nullopt;
}

} // namespace notes_export
