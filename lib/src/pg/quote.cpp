#include "pg/quote.hpp"

std::string notes_export::quote_identifier(std::string_view name) {
    std::string quoted = "\"";
    for (char const c : name)
        quoted.append(c == '"' ? 2 : 1, c);
    return quoted + '"';
}

std::string notes_export::pg::quote_literal(std::string_view text) {
    std::string quoted = text.find('\\') == std::string_view::npos ? "'" : " E'";
    for (char const c : text)
        quoted.append(c == '\'' || c == '\\' ? 2 : 1, c);
    return quoted + '\'';
}
