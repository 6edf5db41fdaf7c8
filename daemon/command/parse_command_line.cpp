#include "command/parse_command_line.hpp"

#include "command/command_table.hpp"
#include "command/help_text.hpp"
#include "settings/nearest_name.hpp"
#include "settings/values.hpp"
#include "setup/program.hpp"

#include <algorithm>
#include <boost/program_options.hpp>

namespace exportd {

namespace po = boost::program_options;

namespace {

constexpr char const* hint = " (try 'osm-notes-exportd --help')";

po::options_description all_options() {
    po::options_description all;
    for (auto const& option : option_table()) {
        if (option.argument.empty())
            all.add_options()(option.spelling, option.help);
        else if (option.repeatable)
            all.add_options()(option.spelling, po::value<std::vector<std::string>>(), option.help);
        else
            all.add_options()(option.spelling, po::value<std::string>(), option.help);
    }
    // Takes every word that is no option; not in the table, so not in the help.
    all.add_options()("command", po::value<std::vector<std::string>>());
    return all;
}

/// Shown only when it cannot be a piece of a connection string that lost its quotes.
std::string shown(std::string const& word) {
    return word.find('=') == std::string::npos ? in_quotes(word) : "(not shown, it holds a '=')";
}

command command_named(std::string const& word) {
    std::vector<std::string_view> names;
    for (auto const& info : command_table()) {
        if (info.word == word)
            return info.name;
        names.push_back(info.word);
    }
    throw usage_error{"unknown command " + shown(word) + suggestion(word, names) + hint};
}

void refuse_foreign_options(po::parsed_options const& parsed, command name) {
    for (auto const& given : parsed.options) {
        for (auto const& option : option_table()) {
            if (option.name() == given.string_key && !option.belongs_to(name)) {
                throw usage_error{"option --" + given.string_key + " does not belong to the command '" +
                                  std::string{info_of(name).word} + "'" + hint};
            }
        }
    }
}

std::string typed(option_info const& option, std::string const& value) {
    return " --" + std::string{option.name()} + (option.argument.empty() ? "" : ' ' + shell_word(value));
}

void take(command_line& result, po::option const& given) {
    auto const value = given.value.empty() ? "" : given.value.front();
    for (auto const& option : option_table()) {
        if (option.name() != given.string_key || option.take == nullptr)
            continue;
        option.take(result, value);
        if (!option.commands.empty()) // what --set gave may be a password
            result.options += typed(option, value);
    }
}

po::parsed_options parse(std::span<char const* const> arguments, po::options_description const& options) {
    po::positional_options_description words;
    words.add("command", -1);
    namespace style = po::command_line_style;
    std::vector<std::string> const list{arguments.begin(), arguments.end()};
    auto const exact = static_cast<int>(style::unix_style) & ~static_cast<int>(style::allow_guessing);
    return po::command_line_parser{list}.options(options).positional(words).style(exact).run();
}

command_line interpret(po::parsed_options const& parsed) {
    po::variables_map given;
    po::store(parsed, given);
    auto const words =
        given.count("command") != 0 ? given["command"].as<std::vector<std::string>>() : std::vector<std::string>{};
    command_line result;
    if (!words.empty())
        result.name = command_named(words.front());
    std::size_t const arguments = info_of(result.name).argument.empty() ? 0 : 1;
    if (words.size() > 1 + arguments)
        throw usage_error{"unexpected argument " + shown(words[1 + arguments]) + hint};
    if (words.size() > 1)
        result.mirror = words[1];
    refuse_foreign_options(parsed, result.name);
    for (auto const& option : parsed.options)
        take(result, option);
    if (result.full && !result.ids.empty())
        throw usage_error{"--full is every row, --id only some: give one of them" + std::string{hint}};
    if (result.name == command::mirror && result.mirror.empty() && given.count("help") == 0)
        throw usage_error{"mirror needs the NAME of a [mirror NAME] section" + std::string{hint}};
    if (given.count("help") != 0)
        result.print = words.empty() ? help_text() : help_text(result.name);
    else if (given.count("version") != 0)
        result.print = version_text();
    return result;
}

} // namespace

command_line parse_command_line(std::span<char const* const> arguments) {
    auto const options = all_options();
    try {
        return interpret(parse(arguments, options));
    } catch (po::unknown_option const& error) {
        // Boost quotes the whole word, and behind a '=' there may be a secret.
        auto const word = error.get_option_name();
        throw usage_error{"unknown option " + in_quotes(word.substr(0, word.find('='))) + hint};
    } catch (po::error const& error) {
        throw usage_error{error.what() + std::string{hint}};
    }
}

} // namespace exportd
