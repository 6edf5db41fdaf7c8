#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

/**
 * Setting texts to typed values.
 *
 * Throws bad_value with a text that quotes the value (escaped and cut) and says how to write it.
 * Safety a connection string may hold a password and is never quoted, nor is what libpq says of it.
 */
namespace exportd {

struct bad_value : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Makes a T of a setting's text, or throws bad_value.
template <class T>
using value_parser = std::function<T(std::string_view)>;

/// The value in double quotes, fit for a message.
std::string in_quotes(std::string_view value);

/// Without blanks, and the end of a line from elsewhere, around it.
std::string_view trimmed(std::string_view text);

/// "10s", "1500ms", "6h": the largest unit that leaves no rest.
std::string to_text(std::chrono::milliseconds);

/// `500ms`, `10s`, `5min`, `5m` or `6h`, from smallest to largest; `0` where the range begins with 0.
value_parser<std::chrono::milliseconds> duration_between(std::chrono::milliseconds smallest,
                                                         std::chrono::milliseconds largest);

/// The same, and also `0`, which switches the timer off.
value_parser<std::chrono::milliseconds> duration_or_off(std::chrono::milliseconds smallest,
                                                        std::chrono::milliseconds largest);

/// "100MB", "1kB": the largest unit that leaves no rest.
std::string to_size_text(std::uint64_t bytes);

/// `500kB`, `100MB` or `2GB`, in units of 1000 as hosts count them, from smallest to largest bytes; or `0`.
value_parser<std::uint64_t> size_or_off(std::uint64_t smallest, std::uint64_t largest);

value_parser<int> integer_between(int smallest, int largest);

/// The mode of a log file, in octal as chmod(1) takes it: its owner must be able to write it, others must not.
unsigned parse_log_mode(std::string_view);

/// A PostgreSQL name as it is written without quotes: lower case, at most 63 bytes.
std::string parse_identifier(std::string_view);

/// An absolute path in normal form, without a slash at the end.
std::filesystem::path parse_absolute_path(std::string_view);

/// Like parse_absolute_path; empty stays empty.
std::filesystem::path parse_optional_path(std::string_view);

/// The path of a file: absolute, or below some directory named elsewhere and not leaving it.
std::filesystem::path parse_file_path(std::string_view);

/// A connection string as libpq accepts it (key=value pairs or a URI), unchanged.
std::string parse_conninfo(std::string_view);

/// The connection string with its database name replaced or added; every other part keeps its value.
std::string with_dbname(std::string const& conninfo, std::string_view dbname);

} // namespace exportd
