#include "schema/schema.hpp"

#include "notes_export/utf8.hpp"
#include "schema/loaded.hpp"
#include "schema/validator.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace notes_export {

namespace {

violation not_json(std::string detail) {
    return {"", "json", std::move(detail)};
}

violation parse_failure(rapidjson::ParseResult const& result) {
    return not_json(std::string{rapidjson::GetParseError_En(result.Code())} + " At byte " +
                    std::to_string(result.Offset()) + '.');
}

} // namespace

struct schema_checker::state {
    explicit state(schema s) : used{std::move(s)}, validator{used.get()->tree} {}

    schema used;
    schema_validator validator;
    rapidjson::Reader reader;
};

schema_checker::schema_checker(schema s) : m_state{std::make_unique<state>(std::move(s))} {}
schema_checker::~schema_checker() = default;
schema_checker::schema_checker(schema_checker&&) noexcept = default;
schema_checker& schema_checker::operator=(schema_checker&&) noexcept = default;

std::optional<violation> schema_checker::check(std::string_view json) {
    // The reader takes a NUL for the end and would not look at what follows it.
    if (auto const nul = json.find('\0'); nul != std::string_view::npos)
        return not_json("NUL at byte " + std::to_string(nul) + '.');
    // Faster than the reader, which looks at it byte by byte.
    if (auto const bad = find_invalid_utf8(json); bad != std::string_view::npos)
        return not_json("Invalid UTF-8 at byte " + std::to_string(bad) + '.');
    auto& validator = m_state->validator;
    validator.reset(json.find("\\u") != std::string_view::npos);
    rapidjson::MemoryStream stream{json.data(), json.size()};
    // RAPIDJSON_SSE2 must not be defined, here or anywhere: the reader and writer of 1.1.0 then take 0x1A..0x1F in a
    // string for printable.
    // Numbers come to the validator as text: the reader's own conversion is either a little off or, in full precision,
    // undefined for 0.0; and 100.00000000000001 must not become 100 on its way to "maximum".
    auto const result = m_state->reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, validator);
    if (validator.result())
        return std::move(validator.result());
    if (result.IsError())
        return parse_failure(result);
    return std::nullopt;
}

} // namespace notes_export
