#include "settings/values.hpp"

#include "log/safe_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <utility>

namespace exportd {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t max_quoted_bytes = 80;
constexpr std::size_t max_identifier_bytes = 63; // NAMEDATALEN - 1: PostgreSQL cuts what is longer

struct unit {
    std::string_view name;
    milliseconds size;
};

using namespace std::chrono_literals;
// Largest first; of two names for one size the first is the one we write.
constexpr std::array<unit, 5> units{{{"h", 1h}, {"min", 1min}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}}};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

template <class Integer>
std::optional<Integer> to_integer(std::string_view text) {
    Integer value{};
    auto const end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, value);
    return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional{value} : std::nullopt;
}

struct size_unit {
    std::string_view name;
    std::uint64_t bytes;
};
constexpr std::array<size_unit, 3> size_units{{{"GB", 1'000'000'000}, {"MB", 1'000'000}, {"kB", 1'000}}};

/// A number and its unit; 0 and no unit where that is not what it is.
std::pair<std::uint64_t, std::uint64_t> split_size(std::string_view text) {
    for (auto const& unit : size_units) {
        if (text.ends_with(unit.name)) {
            auto const number = to_integer<std::uint64_t>(text.substr(0, text.size() - unit.name.size()));
            return {number.value_or(0), number ? unit.bytes : 0};
        }
    }
    return {0, 0};
}

milliseconds parse_duration(std::string_view text) {
    auto const digits_end = std::find_if_not(text.begin(), text.end(), is_digit);
    auto const digits = text.substr(0, static_cast<std::size_t>(digits_end - text.begin()));
    auto const unit_name = text.substr(digits.size());
    auto const number = to_integer<std::int64_t>(digits);
    if (number && unit_name.empty())
        throw bad_value{in_quotes(text) + " has no unit (write 500ms, 10s, 5min, 6h)"};
    auto const found = std::find_if(units.begin(), units.end(), [&](unit const& u) { return u.name == unit_name; });
    if (!number || found == units.end())
        throw bad_value{in_quotes(text) + " is not a duration (write 500ms, 10s, 5min, 6h)"};
    if (*number > milliseconds::max() / found->size)
        throw bad_value{in_quotes(text) + " is too long"};
    return *number * found->size;
}

void require_between(std::string_view text, milliseconds value, milliseconds smallest, milliseconds largest,
                     std::string const& or_else) {
    if (value < smallest || value > largest) {
        throw bad_value{in_quotes(text) + " is out of range (" + or_else + to_text(smallest) + " to " +
                        to_text(largest) + ")"};
    }
}

bool begins_comment(std::string_view text) {
    return text.find(" #") != std::string_view::npos || text.find(" ;") != std::string_view::npos;
}

void require_path(std::string_view text) {
    if (text.empty())
        throw bad_value{"is empty"};
    if (begins_comment(text))
        throw bad_value{in_quotes(text) + " holds a comment, which goes on a line of its own"};
}

std::filesystem::path normal(std::string_view text) {
    auto const path = std::filesystem::path{text}.lexically_normal();
    return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
}

struct free_options {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using parsed_conninfo = std::unique_ptr<PQconninfoOption, free_options>;

/// One for each host, or one for all; an empty one is the default.
bool are_ports(std::string_view list) {
    for (;;) {
        auto const one = list.substr(0, list.find(','));
        auto const number = to_integer<int>(one);
        if (!one.empty() && (!number || *number < 1 || *number > 65'535))
            return false;
        if (one.size() == list.size())
            return true;
        list.remove_prefix(one.size() + 1);
    }
}

// What libpq looks at when it connects only. Waiting for the server would not mend it.
void require_good_options(PQconninfoOption const* option) {
    constexpr std::array<std::string_view, 6> ssl_modes{"disable", "allow",     "prefer",
                                                        "require", "verify-ca", "verify-full"};
    for (; option->keyword; ++option) {
        std::string_view const name{option->keyword};
        std::string_view const value{option->val ? option->val : ""};
        if (name == "port" && !are_ports(value))
            throw bad_value{"has a port that is no number from 1 to 65535 (not shown, it may be part of a password)"};
        if (name == "sslmode" && !value.empty() &&
            std::find(ssl_modes.begin(), ssl_modes.end(), value) == ssl_modes.end()) {
            throw bad_value{"has an sslmode that libpq does not know"};
        }
    }
}

parsed_conninfo parse_with_libpq(std::string const& text) {
    char* message = nullptr;
    parsed_conninfo options{PQconninfoParse(text.c_str(), &message)};
    PQfreemem(message); // quotes the string, password and all: not shown
    if (!options) {
        throw bad_value{"is not a connection string (not shown, it may hold a password; write pairs like host=/run/"
                        "postgresql dbname=notes_dwh, values with blanks in single quotes, or a postgresql:// URI)"};
    }
    return options;
}

void append_option(std::string& conninfo, std::string_view keyword, std::string_view value) {
    conninfo += conninfo.empty() ? "" : " ";
    conninfo += keyword;
    conninfo += "='";
    for (char const c : value) {
        if (c == '\'' || c == '\\')
            conninfo += '\\';
        conninfo += c;
    }
    conninfo += '\'';
}

} // namespace

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    auto const first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string in_quotes(std::string_view value) {
    return '"' + logging::escaped(value, max_quoted_bytes) + '"';
}

std::string to_text(milliseconds value) {
    auto const fits = [&](unit const& u) { return value % u.size == 0ms; };
    auto const found = value == 0ms ? units.end() : std::find_if(units.begin(), units.end(), fits);
    return found == units.end() ? "0" : std::to_string(value / found->size) + std::string{found->name};
}

value_parser<milliseconds> duration_between(milliseconds smallest, milliseconds largest) {
    return [=](std::string_view text) {
        auto const value = text == "0" && smallest == 0ms ? 0ms : parse_duration(text);
        require_between(text, value, smallest, largest, "");
        return value;
    };
}

value_parser<milliseconds> duration_or_off(milliseconds smallest, milliseconds largest) {
    return [=](std::string_view text) {
        auto const value = text == "0" ? 0ms : parse_duration(text);
        if (value != 0ms)
            require_between(text, value, smallest, largest, "0 for off, or ");
        return value;
    };
}

std::string to_size_text(std::uint64_t bytes) {
    for (auto const& unit : size_units) {
        if (bytes != 0 && bytes % unit.bytes == 0)
            return std::to_string(bytes / unit.bytes) + std::string{unit.name};
    }
    return std::to_string(bytes);
}

value_parser<std::uint64_t> size_or_off(std::uint64_t smallest, std::uint64_t largest) {
    return [=](std::string_view text) -> std::uint64_t {
        if (text == "0")
            return 0;
        auto const [number, unit] = split_size(text);
        if (unit == 0)
            throw bad_value{in_quotes(text) + " is not a size (write 500kB, 100MB, 2GB)"};
        if (number > largest / unit || number * unit < smallest) {
            throw bad_value{in_quotes(text) + " is out of range (0 for off, or " + to_size_text(smallest) + " to " +
                            to_size_text(largest) + ")"};
        }
        return number * unit;
    };
}

value_parser<int> integer_between(int smallest, int largest) {
    return [=](std::string_view text) {
        auto const value = to_integer<int>(text);
        if (!value || *value < smallest || *value > largest) {
            throw bad_value{in_quotes(text) + " is not a number from " + std::to_string(smallest) + " to " +
                            std::to_string(largest)};
        }
        return *value;
    };
}

unsigned parse_log_mode(std::string_view text) {
    unsigned mode = 0;
    auto const end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, mode, 8);
    bool const is_octal = parsed.ec == std::errc{} && parsed.ptr == end && text.size() <= 4;
    constexpr unsigned never = ~0664U; // executable, setuid, or writable for everybody
    if (!is_octal || (mode & 0200) == 0 || (mode & never) != 0)
        throw bad_value{in_quotes(text) + " is not the mode of a log file (write it in octal: 0600, 0640, 0644, 0664)"};
    return mode;
}

std::string parse_identifier(std::string_view text) {
    auto const is_start = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    bool const good = !text.empty() && is_start(text.front()) &&
                      std::all_of(text.begin(), text.end(), [&](char c) { return is_start(c) || is_digit(c); });
    // SQL folds Notes_Export to notes_export unless it is quoted: with upper case here, the two would never meet.
    if (!good)
        throw bad_value{in_quotes(text) + " is not a plain PostgreSQL name (lower-case letters, digits and _)"};
    if (text.size() > max_identifier_bytes)
        throw bad_value{in_quotes(text) + " is longer than " + std::to_string(max_identifier_bytes) + " bytes"};
    return std::string{text};
}

std::filesystem::path parse_absolute_path(std::string_view text) {
    require_path(text);
    if (text.front() != '/')
        throw bad_value{in_quotes(text) + " is not an absolute path"};
    return normal(text);
}

std::filesystem::path parse_optional_path(std::string_view text) {
    return text.empty() ? std::filesystem::path{} : parse_absolute_path(text);
}

std::filesystem::path parse_file_path(std::string_view text) {
    require_path(text);
    auto path = std::filesystem::path{text}.lexically_normal();
    if (!path.has_filename() || path == "." || *path.begin() == "..") {
        throw bad_value{in_quotes(text) +
                        " is not the path of a file inside the output directory, nor an absolute one"};
    }
    return path;
}

std::string parse_conninfo(std::string_view text) {
    std::string conninfo{text};
    require_good_options(parse_with_libpq(conninfo).get());
    return conninfo;
}

std::string with_dbname(std::string const& conninfo, std::string_view dbname) {
    if (dbname.size() > max_identifier_bytes)
        throw bad_value{in_quotes(dbname) + " is longer than " + std::to_string(max_identifier_bytes) + " bytes"};
    auto const options = parse_with_libpq(conninfo);
    std::string result;
    append_option(result, "dbname", dbname);
    for (auto const* option = options.get(); option->keyword; ++option) {
        if (option->val && std::string_view{option->keyword} != "dbname")
            append_option(result, option->keyword, option->val);
    }
    return result;
}

} // namespace exportd
