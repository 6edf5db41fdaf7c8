#include "http/profile_page.hpp"

#include "http/json_layout.hpp"
#include "http/status_page.hpp"
#include "status/figure_text.hpp"

#include <notes_export/published_profile.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

namespace exportd {

namespace {

constexpr std::size_t longest_profile = 256U << 10; ///< twice the longest of today
constexpr std::size_t longest_shown = 1U << 20;

// Both values are plain words and digits: what needs decoding is neither.
std::string_view value_of(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        auto const pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
            return pair.substr(name.size() + 1);
    }
    return {};
}

std::optional<std::int64_t> positive(std::string_view text) {
    std::int64_t value = 0;
    auto const end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, value);
    return parsed.ec == std::errc{} && parsed.ptr == end && value > 0 ? std::optional{value} : std::nullopt;
}

struct content {
    unsigned status;
    std::string heading;
    std::string html;
};

content show(std::filesystem::path const& directory, notes_export::dataset const* of, std::string_view id) {
    auto const number = positive(id);
    if (!number)
        return {400, "Which one?", "<p>An id is a number from 1 up.</p>"};
    if (of == nullptr)
        return {404, "Which one?", "<p>There is no such kind of profile.</p>"};
    auto const name = html_text(of->name, 40) + ' ' + std::to_string(*number);
    try {
        auto const text = notes_export::read_published_profile(directory, *of, *number, longest_profile);
        if (!text)
            return {404, name, "<p>There is no published profile of this kind and id.</p>"};
        return {200, name,
                "<p class=\"quiet\">" + bytes_text(static_cast<double>(text->size())) +
                    ", as published; laid out for reading</p><pre tabindex=\"0\">" +
                    json_as_html(*text, longest_shown) + "</pre>"};
    } catch (std::system_error const& e) {
        return {500, name, "<p class=\"bad\">" + html_text(e.what()) + "</p>"};
    }
}

} // namespace

profile_answer profile_page(std::filesystem::path const& directory, std::vector<notes_export::dataset> const& datasets,
                            std::string_view query) {
    auto const dataset = value_of(query, "dataset");
    auto const id = value_of(query, "id");
    auto const of = std::ranges::find(datasets, dataset, &notes_export::dataset::name);
    auto shown = show(directory, of == datasets.end() ? nullptr : &*of, id);
    auto title = shown.heading + " - osm-notes-exportd";
    return {shown.status, fill_page(page_files::profile_html, {{"title", std::move(title)},
                                                               {"form", profile_form(datasets, dataset, id)},
                                                               {"heading", std::move(shown.heading)},
                                                               {"content", std::move(shown.html)}})};
}

} // namespace exportd
