#include "settings/conninfo_parts.hpp"

#include "settings/values.hpp"

#include <libpq-fe.h>
#include <memory>
#include <string_view>

namespace exportd {

std::map<std::string, std::string> conninfo_parts(std::string const& conninfo) {
    char* message = nullptr;
    std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> const options{
        PQconninfoParse(conninfo.c_str(), &message), PQconninfoFree};
    PQfreemem(message); // quotes the string, password and all: not shown
    if (!options)
        throw bad_value{"is not a connection string"};
    std::map<std::string, std::string> parts;
    for (auto const* option = options.get(); option->keyword != nullptr; ++option) {
        std::string_view const name{option->keyword};
        if (option->val != nullptr && name.find("password") == std::string_view::npos)
            parts.emplace(name, option->val);
    }
    return parts;
}

} // namespace exportd
