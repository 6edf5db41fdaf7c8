#include "crash/kinds_of_calls.hpp"

#include <cctype>
#include <map>
#include <set>
#include <utility>

namespace test {

namespace {

bool is_digit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// "users/0/3/9/12345.json" -> "users/#/#/#/#.json"
std::string without_numbers(std::string const& path) {
    std::string kind;
    for (std::size_t i = 0; i < path.size(); ++i) {
        bool const begins = i == 0 || path[i - 1] == '/';
        bool const ends = i + 1 == path.size() || path[i + 1] == '/';
        if (is_digit(path[i]) || (begins && ends)) {
            if (!kind.ends_with('#'))
                kind += '#';
        } else {
            kind += path[i];
        }
    }
    return kind;
}

} // namespace

std::string kind_of(watched_call const& call) {
    return call.name + (call.creates ? " creating" : "") + (call.truncates ? " truncating" : "") +
           (call.marks ? " marking" : "") + ' ' + without_numbers(call.path) + " to " + without_numbers(call.target);
}

std::vector<chosen_call> some_of_each_kind(std::vector<watched_call> const& trace,
                                           std::function<bool(watched_call const&)> const& filter) {
    std::map<std::string, std::size_t> counts;
    std::set<std::string> messages;
    for (auto const& call : trace)
        if (filter(call)) {
            ++counts[kind_of(call)];
            if (call.message)
                messages.insert(kind_of(call));
        }
    std::vector<chosen_call> chosen;
    for (auto const& [kind, count] : counts)
        for (std::size_t n = 1; n <= count; ++n)
            if (messages.contains(kind) || n <= 2 || n == (count + 1) / 2 || n == count)
                chosen.push_back({kind, n});
    return chosen;
}

std::vector<chosen_call> only(share part, std::vector<chosen_call> const& chosen) {
    std::vector<chosen_call> some;
    for (std::size_t i = 0; i < chosen.size(); ++i)
        if (part.takes(i))
            some.push_back(chosen[i]);
    return some;
}

} // namespace test
