// A schema, a NUL, and a document for it: a schema is refused with its name, or proven and then means the same each
// time.
#include "fuzz/checked_twice.hpp"
#include "fuzz/input.hpp"

#include "notes_export/error.hpp"

using namespace notes_export;

namespace {

std::optional<schema> usable(std::string_view text) {
    try {
        return schema::parse(text, "fuzz.schema.json");
    } catch (schema_error const& e) {
        fuzz::expect(std::string_view{e.what()}.find("fuzz.schema.json") != std::string_view::npos,
                     "a refusal names the schema");
        return std::nullopt;
    }
}

void check_items(schema const& s, std::string_view document) {
    try {
        fuzz::checked_twice(s.items(), document);
    } catch (schema_error const&) {
        return; // it is no schema of an array
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::input in{data, size};
    if (auto const s = usable(in.text_before('\0'))) {
        fuzz::checked_twice(*s, in.rest());
        check_items(*s, in.rest());
    }
    return 0;
}
