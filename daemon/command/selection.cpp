#include "command/selection.hpp"

#include "command/parse_command_line.hpp"
#include "settings/nearest_name.hpp"
#include "settings/values.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace exportd {

entity_id parse_entity_id(std::string const& text) {
    auto const colon = text.rfind(':');
    auto const digits = colon == std::string::npos ? "" : std::string_view{text}.substr(colon + 1);
    entity_id found{text.substr(0, std::min(colon, text.size())), 0};
    auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), found.id);
    bool const whole = ec == std::errc{} && end == digits.data() + digits.size();
    if (!whole || found.id < 1 || found.dataset.empty())
        throw usage_error{"--id " + in_quotes(text) +
                          " is no DATASET:ID such as users:12345 (try 'osm-notes-exportd once --help')"};
    return found;
}

std::uint64_t parse_generation(std::string const& text) {
    std::uint64_t generation = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), generation);
    if (ec != std::errc{} || end != text.data() + text.size())
        throw usage_error{"--since " + in_quotes(text) +
                          " is no number of a generation (try 'osm-notes-exportd changes --help')"};
    return generation;
}

std::optional<notes_export::entity_selection> selection_of(std::vector<entity_id> const& ids) {
    if (ids.empty())
        return std::nullopt;
    notes_export::entity_selection selection;
    for (auto const& [dataset, id] : ids)
        selection[dataset].push_back(id);
    return selection;
}

std::string selection_mistake(std::vector<entity_id> const& ids, std::vector<notes_export::dataset> const& datasets) {
    std::vector<std::string_view> names;
    names.reserve(datasets.size());
    for (auto const& d : datasets)
        names.push_back(d.name);
    for (auto const& [dataset, id] : ids)
        if (std::ranges::find(names, dataset) == names.end())
            return "--id " + in_quotes(dataset + ':' + std::to_string(id)) + ": there is no dataset " +
                   in_quotes(dataset) + suggestion(dataset, names) + " (try 'osm-notes-exportd once --help')";
    return "";
}

} // namespace exportd
