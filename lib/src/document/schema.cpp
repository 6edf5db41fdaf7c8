#include "document/schema.hpp"

#include "document/schema_canary.hpp"
#include "document/schema_impl.hpp"
#include "document/schema_keywords.hpp"
#include "document/schema_text.hpp"
#include "notes_export/error.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace notes_export {

namespace {

using rapidjson::Document;

/// Well-formed, no duplicate keys, not too deep: what a checker demands of any document.
void prove_json(std::string_view text, schema const& anything, schema_place const& place) {
    if (auto const v = schema_checker{anything}.check(text))
        schema_place{place.file, v->pointer}.fail(v->keyword + ": " + v->detail);
}

Document parse_json(std::string_view text, schema_place const& place) {
    Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
    if (document.HasParseError())
        place.fail("not JSON, at byte " + std::to_string(document.GetErrorOffset()));
    return document;
}

std::string read_file(std::filesystem::path const& file) {
    std::ifstream in{file, std::ios::binary};
    std::string text;
    std::array<char, 65536> buffer;
    while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0)
        text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (!in.is_open() || in.bad())
        throw schema_error{file.string() + ": cannot be read: " + std::generic_category().message(errno)};
    return text;
}

} // namespace

schema::impl::impl(std::string schema_name, Document text)
    : name{std::move(schema_name)}, source{std::move(text)}, tree{source} {}

schema schema::load(std::filesystem::path const& file) {
    return parse(read_file(file), file.string());
}

schema schema::parse(std::string_view text, std::string name) {
    schema_place const place{name, {}};
    Document empty{rapidjson::kObjectType};
    prove_json(text, schema{std::make_shared<impl const>(name, std::move(empty))}, place);
    auto document = parse_json(text, place);
    prove_keywords(document, place);
    schema result{std::make_shared<impl const>(std::move(name), std::move(document))};
    schema_checker checker{result};
    prove_canary(canary_cases(result.m_impl->source, place), place,
                 [&checker](std::string_view json) { return checker.check(json); });
    return result;
}

schema schema::items() const {
    auto const* const elements = find_keyword(m_impl->source, "items");
    if (!elements)
        throw schema_error{m_impl->name + ": it has no \"items\""};
    return parse(json_text(*elements), m_impl->name + "#/items");
}

std::string const& schema::name() const noexcept {
    return m_impl->name;
}

} // namespace notes_export
