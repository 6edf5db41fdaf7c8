#include "schema/schema.hpp"

#include "document/bounded_json.hpp"
#include "document/json_members.hpp"
#include "files/file.hpp"
#include "notes_export/error.hpp"
#include "schema/canary.hpp"
#include "schema/keywords.hpp"
#include "schema/loaded.hpp"
#include "schema/text.hpp"

#include <cerrno>
#include <fcntl.h>

namespace notes_export {

namespace {

using rapidjson::Document;

constexpr std::size_t longest = 4U << 20;

/// Well-formed, no duplicate keys, not too deep: what a checker demands of any document.
void prove_json(std::string_view text, schema const& anything, schema_place const& place) {
    if (auto const v = schema_checker{anything}.check(text))
        schema_place{place.file, v->pointer}.fail(v->keyword + ": " + v->detail);
}

Document parse_document(std::string_view text, schema_place const& place) {
    auto document = parse_json(text);
    if (!document)
        place.fail("not JSON");
    return std::move(*document);
}

// A FIFO in its place must not stop us, nor a file without an end fill the memory.
std::string read_file(std::filesystem::path const& path) {
    file const f{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    try {
        if (!f)
            throw file_error("open", path, errno);
        if (auto text = read_rest(f.fd(), longest, path))
            return std::move(*text);
    } catch (file_error const& e) {
        throw schema_error{path.string() + ": cannot be read: " + e.code().message()};
    }
    throw schema_error{path.string() + ": cannot be read: larger than " + std::to_string(longest) + " bytes"};
}

} // namespace

schema schema::load(std::filesystem::path const& file) {
    return parse(read_file(file), file.string());
}

schema schema::parse(std::string_view text, std::string name) {
    schema_place const place{name, {}};
    Document empty{rapidjson::kObjectType};
    prove_json(text, schema{std::make_shared<loaded_schema const>(name, std::move(empty))}, place);
    auto document = parse_document(text, place);
    prove_keywords(document, place);
    schema result{std::make_shared<loaded_schema const>(std::move(name), std::move(document))};
    schema_checker checker{result};
    prove_canary(result.m_loaded->source, place, [&checker](std::string_view json) { return checker.check(json); });
    return result;
}

schema schema::items() const {
    auto const* const elements = find_member(m_loaded->source, "items");
    if (!elements)
        throw schema_error{m_loaded->name + ": it has no \"items\""};
    return parse(json_text(*elements), m_loaded->name + "#/items");
}

std::string const& schema::name() const noexcept {
    return m_loaded->name;
}

} // namespace notes_export
