#include "mirror/s3/target.hpp"

#include "compress/gzip.hpp"
#include "document/metadata.hpp"
#include "mirror/error.hpp"
#include "mirror/s3/comparison.hpp"
#include "mirror/s3/step.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace notes_export::mirror {

namespace {

constexpr std::size_t most_differences = 100'000;

cursor cursor_in(std::string const& content) {
    bool const compressed = content.starts_with("\x1f\x8b");
    auto const text = compressed ? gunzip(content, metadata::longest) : std::optional{content};
    auto const parsed = text ? metadata::parse(*text) : std::nullopt;
    return parsed ? cursor{parsed->generation, parsed->export_date()} : cursor{};
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

bool is_other(std::string const& path, file_list::entry const& stored, s3_step& step) {
    auto const content = read_content(step.source, path, step.bucket.options(), step.stop);
    return content && !is_stored(stored, *content);
}

std::vector<difference> differences_of(s3_comparison const& compared, s3_step& step) {
    std::vector<difference> found;
    auto const add = [&](std::string path, char const* what) {
        if (found.size() < most_differences)
            found.push_back({std::move(path), what});
    };
    for (std::size_t i = 0; i < compared.files.size(); ++i) {
        if (step.stop.stop_requested())
            throw cancelled{"stopped"};
        auto const& e = compared.files[i];
        std::string path{compared.files.path(i)};
        if (!e.stored)
            add(std::move(path), "missing");
        else if (surely_differs(e, step.bucket.options()) || is_other(path, e, step))
            add(std::move(path), "differs");
    }
    for (auto const& path : compared.too_much)
        add(path, "not in the tree");
    return found;
}

} // namespace

s3_target::s3_target(s3_options options, published_paths ours)
    : target{std::move(ours)}, m_bucket{std::move(options)} {}

cursor s3_target::stored_cursor(std::stop_token const& stop) {
    auto const answer = m_bucket.get(std::string{metadata::path}, stop);
    if (!answer)
        return {};
    auto stored = cursor_in(answer->content);
    auto const unfinished = answer->header(unfinished_header);
    if (auto const from = number(unfinished).value_or(0); !unfinished.empty() && from < stored.generation)
        return from;
    return stored;
}

void s3_target::forget_if_not(std::uint64_t generation) {
    if (m_sent_from != generation)
        m_sent.clear();
    m_sent_from = generation;
}

cursor s3_target::read_cursor(std::stop_token const& stop) {
    m_bucket.renew_credentials();
    auto stored = stored_cursor(stop);
    forget_if_not(stored.generation);
    return stored;
}

void s3_target::apply(change_set const& changes, tree_source& source, std::stop_token const& stop,
                      step_result& result) {
    m_bucket.renew_credentials();
    forget_if_not(changes.from);
    result.warnings = changes.warnings;
    s3_step step{m_bucket, ours(), source, stop, m_sent, result};
    if (changes.everything) {
        result.generation = send_differing(step, changes);
    } else {
        auto const behind = std::ranges::find_if(changes.changed, [this](listed_file const& f) {
            return ours().rank_of(f.path) != published_paths::rank::profile;
        });
        auto const closing = read_closing(step, std::span{behind, changes.changed.end()}, changes.to);
        if (!send_listed(step, {changes.changed.begin(), behind}))
            throw tree_moved_on{"send the profiles of generation " + std::to_string(changes.to) +
                                    ": the tree has moved on",
                                "the step is begun again; what was sent is not sent again"};
        finish_step(step, closing, changes.removed, changes.from);
        result.generation = changes.to;
    }
    m_sent.clear();
    if (m_bucket.etags_are_unusual())
        result.warnings.push_back(m_bucket.shown() +
                                  ": the store's ETags are no MD5 (server-side encryption with a key "
                                  "service), so that comparing sends everything again");
}

std::vector<difference> s3_target::verify(tree_source& source, std::size_t at_most, std::stop_token const& stop) {
    m_bucket.renew_credentials();
    step_result unused;
    s3_step step{m_bucket, ours(), source, stop, m_sent, unused};
    auto const compared = compare_with_bucket(source, m_bucket, ours(), stop);
    auto found = differences_of(compared, step);
    if (found.size() > at_most)
        found.resize(at_most);
    return found;
}

} // namespace notes_export::mirror
