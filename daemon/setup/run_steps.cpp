#include "setup/run_steps.hpp"

#include "log/safe_text.hpp"

#include <ostream>
#include <sstream>

namespace exportd {

namespace {

using logging::printable; // names, and what psql and systemctl say

std::string heading(std::vector<step> const& steps, std::size_t i) {
    return std::to_string(i + 1) + '/' + std::to_string(steps.size()) + ' ' + printable(steps[i].title);
}

void tell_failure(std::vector<step> const& steps, std::size_t failed, std::string const& why, std::ostream& errors) {
    errors << "osm-notes-exportd: setup: step " << heading(steps, failed) << ", failed:\n" << indented(why);
    errors << (failed == 0 ? "Nothing was changed." : "Done before:");
    for (std::size_t i = 0; i < failed; ++i)
        errors << (i == 0 ? " " : ", ") << printable(steps[i].title);
    errors << (failed == 0 ? "" : ".") << " Mend that and type the same again: setup goes on.\n";
}

} // namespace

std::string indented(std::string const& text) {
    std::string all;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);)
        all += "    " + printable(line) + '\n';
    return all;
}

bool run_steps(std::vector<step> const& steps, std::ostream& out, std::ostream& errors) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        out << heading(steps, i) << '\n' << std::flush;
        try {
            auto const done = steps[i].run();
            out << indented(done.text);
            if (done.changed && !steps[i].undo.empty())
                out << indented("to reverse: " + steps[i].undo);
            out << std::flush;
        } catch (std::exception const& e) {
            tell_failure(steps, i, e.what(), errors);
            return false;
        }
    }
    return true;
}

void print_steps(std::vector<step> const& steps, std::ostream& out) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        out << heading(steps, i) << '\n' << indented("would do: " + steps[i].plan);
        if (!steps[i].undo.empty())
            out << indented("to reverse: " + steps[i].undo);
    }
    out << "Nothing was changed.\n" << std::flush;
}

} // namespace exportd
