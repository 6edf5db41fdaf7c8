#include "pg/connection_names.hpp"

#include "pg/quote.hpp"

#include <libpq-fe.h>
#include <memory>
#include <string_view>

namespace notes_export::pg {

namespace {

using options = std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)>;

std::string value_of(options const& all, std::string_view keyword) {
    for (auto const* o = all.get(); o != nullptr && o->keyword != nullptr; ++o)
        if (o->keyword == keyword && o->val != nullptr)
            return o->val;
    return "";
}

} // namespace

connection_names names_of(std::string const& conninfo) {
    options const said{PQconninfoParse(conninfo.c_str(), nullptr), PQconninfoFree};
    options const usual{PQconndefaults(), PQconninfoFree};
    auto const find = [&](std::string_view keyword) {
        auto const there = value_of(said, keyword);
        return there.empty() ? value_of(usual, keyword) : there;
    };
    auto const role = find("user");
    auto const database = find("dbname");
    return {quote_identifier(role), quote_identifier(database.empty() ? role : database)};
}

} // namespace notes_export::pg
