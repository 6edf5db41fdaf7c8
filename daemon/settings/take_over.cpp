#include "settings/take_over.hpp"

#include "settings/keys.hpp"

namespace exportd {

void take_over(settings& to, settings const& from) {
    for (auto const& key : known_keys()) {
        if (key.when == takes_effect::on_reload)
            key.copy(to, from);
    }
}

std::vector<std::string> needs_restart(settings const& before, settings const& after) {
    std::vector<std::string> names;
    for (auto const& key : known_keys()) {
        if (key.when == takes_effect::on_restart && !key.same(before, after))
            names.push_back(key.full_name());
    }
    if (before.datasets != after.datasets)
        names.emplace_back("dataset");
    if (before.documents != after.documents)
        names.emplace_back("document");
    return names;
}

} // namespace exportd
