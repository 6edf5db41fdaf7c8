#include "document/bounded_json.hpp"

namespace notes_export {

std::unique_ptr<rapidjson::Document> parse_json(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) // the reader would take it for the end
        return nullptr;
    rapidjson::MemoryStream in{text.data(), text.size()};
    bool whole = false;
    auto const fill = [&](rapidjson::Document& d) {
        whole = read_json<rapidjson::kParseValidateEncodingFlag>(in, d);
        return whole;
    };
    auto document = std::make_unique<rapidjson::Document>();
    document->Populate(fill);
    return whole ? std::move(document) : nullptr;
}

} // namespace notes_export
