#include "command/check_text.hpp"

#include "log/safe_text.hpp"
#include "status/status_members.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace exportd {

namespace {

using notes_export::finding;
using notes_export::severity;

constexpr int column = 9; ///< "warning" and two blanks

std::string counted(std::vector<finding> const& all, severity how, std::string const& word) {
    auto const n = std::ranges::count(all, how, &finding::how);
    return std::to_string(n) + ' ' + word + (n == 1 ? "" : "s");
}

std::string verdict(std::vector<finding> const& all) {
    switch (worst_of(all)) {
    case severity::ok:
        return "everything is as an export needs it\n";
    case severity::warning:
        return "it works: " + counted(all, severity::warning, "warning") + '\n';
    case severity::error:
        break;
    }
    return "it would not work: " + counted(all, severity::error, "error") + ", " +
           counted(all, severity::warning, "warning") + '\n';
}

} // namespace

std::string check_text(std::vector<finding> const& findings) {
    std::ostringstream out;
    for (auto const& f : findings) {
        out << std::left << std::setw(column) << to_string(f.how) << logging::printable(f.subject) << ": "
            << logging::printable(f.text) << '\n';
        if (!f.remedy.empty())
            out << std::setw(column) << "" << logging::printable(f.remedy) << '\n';
    }
    out << verdict(findings);
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
