#include "feed/list_handler.hpp"

#include "feed/paths.hpp"
#include "files/sha256.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace notes_export::feed {

namespace {

constexpr std::size_t most_paths = 4'000'000;
constexpr int deepest_unknown = 64;
constexpr std::uint64_t largest_file = 1ULL << 53U;

} // namespace

list_handler::member list_handler::member_of(std::string_view name, place where) noexcept {
    constexpr std::array<std::pair<std::string_view, member>, 11> known{{{"generation", member::generation},
                                                                         {"previous", member::previous},
                                                                         {"export_date", member::export_date},
                                                                         {"version", member::version},
                                                                         {"complete", member::complete},
                                                                         {"reason", member::reason},
                                                                         {"changed", member::changed},
                                                                         {"removed", member::removed},
                                                                         {"path", member::path},
                                                                         {"size", member::size},
                                                                         {"sha256", member::sha256}}};
    for (auto const& [text, m] : known)
        if (text == name && (where == place::file) == (m >= member::path))
            return m;
    return member::unknown;
}

bool list_handler::whole() const {
    auto const needed = bit(member::generation) | bit(member::previous) | bit(member::export_date) |
                        bit(member::version) | bit(member::complete) | bit(member::changed) | bit(member::removed);
    return m_place == place::behind && has(needed) && m_list.generation > 0 && m_list.generation <= last_generation &&
           m_list.previous < m_list.generation && m_list.complete == m_list.reason.empty();
}

bool list_handler::Key(char const* text, rapidjson::SizeType size, bool /*copy*/) {
    if (m_unknown > 0)
        return true;
    m_member = member_of({text, size}, m_place);
    if (m_member == member::unknown)
        return true;
    bool const first = !has(bit(m_member)); // what is said twice is not certain
    m_seen |= bit(m_member);
    return first;
}

bool list_handler::passes_over() const noexcept {
    return m_unknown > 0 || (m_member == member::unknown && (m_place == place::list || m_place == place::file));
}

bool list_handler::Uint64(std::uint64_t value) {
    if (passes_over())
        return true;
    if (m_member == member::generation)
        m_list.generation = value;
    else if (m_member == member::previous)
        m_list.previous = value;
    else if (m_member == member::size && value <= largest_file)
        m_file.size = value;
    else
        return false;
    return true;
}

bool list_handler::Bool(bool value) {
    if (passes_over())
        return true;
    m_list.complete = value;
    return m_member == member::complete;
}

bool list_handler::String(char const* text, rapidjson::SizeType size, bool /*copy*/) {
    std::string_view const value{text, size};
    if (passes_over())
        return true;
    if (m_place != place::removed)
        return take_text(value);
    if (m_list.removed.size() >= most_paths || !is_fit(value))
        return false;
    if (m_wanted == list_part::all)
        m_list.removed.emplace_back(value);
    return true;
}

bool list_handler::take_text(std::string_view text) {
    constexpr std::size_t longest_word = 64;
    constexpr std::size_t longest_reason = 1000;
    auto const put = [&](std::string& into, std::size_t longest) {
        into = text.substr(0, longest);
        return text.size() <= longest && is_printable(text);
    };
    switch (m_member) {
    case member::export_date:
        return put(m_list.export_date, longest_word);
    case member::version:
        return put(m_list.version, longest_word);
    case member::reason:
        return put(m_list.reason, longest_reason);
    case member::path:
        m_file.path = text;
        return is_fit(text);
    case member::sha256: {
        auto const digest = digest_of_hex(text);
        m_file.sha256 = digest.value_or(sha256_digest{});
        return digest.has_value();
    }
    default:
        return false;
    }
}

bool list_handler::StartObject() {
    if (passes_over())
        return ++m_unknown <= deepest_unknown;
    if (m_place == place::outside) {
        m_place = place::list;
        return true;
    }
    if (m_place != place::changed)
        return false;
    m_place = place::file;
    m_seen &= bit(member::path) - 1; // of the list only
    return true;
}

bool list_handler::EndObject(rapidjson::SizeType /*members*/) {
    if (m_unknown > 0) {
        --m_unknown;
        return true;
    }
    if (m_place == place::file)
        return take_file();
    m_place = place::behind;
    return true;
}

bool list_handler::take_file() {
    m_place = place::changed;
    if (!has(bit(member::path) | bit(member::size) | bit(member::sha256)) || m_list.changed.size() >= most_paths)
        return false;
    if (m_wanted == list_part::last)
        m_list.changed.clear();
    m_list.changed.push_back(std::move(m_file));
    m_file = {};
    return true;
}

bool list_handler::StartArray() {
    if (passes_over())
        return ++m_unknown <= deepest_unknown;
    if (m_place != place::list || (m_member != member::changed && m_member != member::removed))
        return false;
    m_place = m_member == member::changed ? place::changed : place::removed;
    m_member = member::unknown;
    return true;
}

bool list_handler::EndArray(rapidjson::SizeType /*elements*/) {
    if (m_unknown > 0)
        --m_unknown;
    else
        m_place = place::list;
    return true;
}

} // namespace notes_export::feed
