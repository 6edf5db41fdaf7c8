#include "command/check_text.hpp"

#include "log/safe_text.hpp"
#include "status/painted.hpp"
#include "status/status_members.hpp"

#include <algorithm>
#include <sstream>

namespace exportd {

namespace {

using notes_export::finding;
using notes_export::severity;

constexpr std::size_t column = 9; ///< "warning" and two blanks

std::string counted(std::vector<finding> const& all, severity how, std::string const& word) {
    auto const n = std::ranges::count(all, how, &finding::how);
    return std::to_string(n) + ' ' + word + (n == 1 ? "" : "s");
}

std::string verdict(std::vector<finding> const& all) {
    switch (worst_of(all)) {
    case severity::ok:
        return "everything is as an export needs it";
    case severity::warning:
        return "it works: " + counted(all, severity::warning, "warning");
    case severity::error:
        break;
    }
    return "it would not work: " + counted(all, severity::error, "error") + ", " +
           counted(all, severity::warning, "warning");
}

colour colour_of(severity how) {
    switch (how) {
    case severity::ok:
        return colour::green;
    case severity::warning:
        return colour::yellow;
    case severity::error:
        break;
    }
    return colour::red;
}

} // namespace

std::string check_text(std::vector<finding> const& findings, bool colours) {
    std::ostringstream out;
    auto const shown = [&](std::string const& text, severity how) {
        return colours ? painted(text, colour_of(how)) : text;
    };
    for (auto const& f : findings) {
        std::string const word{to_string(f.how)};
        out << shown(word, f.how) << std::string(column - word.size(), ' ') << logging::printable(f.subject) << ": "
            << logging::printable(f.text) << '\n';
        if (!f.remedy.empty())
            out << std::string(column, ' ') << logging::printable(f.remedy) << '\n';
    }
    out << shown(verdict(findings), worst_of(findings)) << '\n';
    return out.str();
}

std::string check_json(std::vector<finding> const& findings) {
    rapidjson::StringBuffer buffer;
    json_writer w{buffer};
    w.StartObject();
    put(w, "result", std::string{to_string(worst_of(findings))});
    put_array(w, "findings", findings, [&](finding const& f) {
        put(w, "severity", std::string{to_string(f.how)});
        put(w, "subject", f.subject);
        put(w, "text", f.text);
        put(w, "remedy", f.remedy);
    });
    w.EndObject();
    return std::string{buffer.GetString(), buffer.GetSize()} + '\n';
}

} // namespace exportd
