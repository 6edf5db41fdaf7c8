#include "mirror/git/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace notes_export::mirror {

namespace {

// PATH_MAX, and the words before it.
constexpr std::size_t longest_word = 8192;
constexpr std::size_t longest_reason = 600;

/// Up to `end`, which is taken away too; the rest when it is not there.
std::string_view take_until(std::string_view& text, char end) {
    auto const at = text.find(end);
    auto const word = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return word;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return value;
}

bool is_mode(std::string_view text) {
    return text.size() == 6 && text.find_first_not_of("01234567") == std::string_view::npos;
}

/// What stands between the two in one line; "" when it is not there, or is not to be shown.
std::string quoted_between(std::string_view text, std::string_view before, std::string_view behind) {
    auto const end = text.find(behind);
    if (end == std::string_view::npos)
        return "";
    auto const begin = text.substr(0, end).rfind(before);
    auto const found = begin == std::string_view::npos ? "" : text.substr(0, end).substr(begin + before.size());
    bool const plain = std::none_of(found.begin(), found.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
    return plain && found.size() <= longest_reason ? std::string{found} : "";
}

/// Of "Writing objects: 100% (3/3), 1.22 KiB | 1.22 MiB/s, done." the "1.22 KiB"; "" when it is not there.
std::string_view sent_part(std::string_view progress) {
    auto const at = progress.rfind("Writing objects: 100%");
    if (at == std::string_view::npos)
        return "";
    auto line = progress.substr(at);
    line = line.substr(0, line.find_first_of("\r\n"));
    line = line.substr(0, line.find(" | "));
    auto const comma = line.find("), ");
    return comma == std::string_view::npos ? "" : line.substr(comma + 3);
}

/// Of "1.22 KiB"; 0 when it is something else.
std::uint64_t bytes_of(std::string_view text) {
    struct unit {
        std::string_view name;
        double bytes;
    };
    static constexpr std::array<unit, 4> units{
        {{" bytes", 1}, {" KiB", 1024}, {" MiB", 1024.0 * 1024}, {" GiB", 1024.0 * 1024 * 1024}}};
    constexpr double most = 1e15;
    auto const* const found = std::find_if(units.begin(), units.end(),
                                           [&](unit const& u) { return text.find(u.name) != std::string_view::npos; });
    if (found == units.end())
        return 0;
    double value = 0;
    auto const number = text.substr(0, text.find(found->name));
    auto const [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    bool const good = error == std::errc{} && value >= 0 && value < most / found->bytes;
    return good ? static_cast<std::uint64_t>(value * found->bytes) : 0;
}

} // namespace

remote_branches parse_remote_branches(std::string_view text, std::string_view branch) {
    constexpr std::string_view link = "ref: refs/heads/";
    remote_branches found;
    while (!text.empty()) {
        auto line = take_until(text, '\n');
        auto const value = take_until(line, '\t');
        if (line == "HEAD" && value.starts_with(link))
            found.default_branch = value.substr(link.size());
        else if (line == "HEAD")
            found.default_id = git_object_id::parse(value);
        else if (line == "refs/heads/" + std::string{branch})
            found.branch = git_object_id::parse(value);
        constexpr std::size_t sha256_digits = 64;
        if (value.size() == sha256_digits && value.find_first_not_of("0123456789abcdef") == std::string_view::npos)
            found.other_hash = true;
    }
    return found;
}

void nul_words::add(std::string_view piece) {
    while (!piece.empty()) {
        auto const end = piece.find('\0');
        auto const part = piece.substr(0, end);
        if (m_rest.size() + part.size() <= longest_word || end == std::string_view::npos)
            m_rest += part.substr(0, longest_word - std::min(longest_word, m_rest.size()));
        if (end == std::string_view::npos)
            return;
        m_each(m_rest);
        m_rest.clear();
        piece.remove_prefix(end + 1);
    }
}

std::optional<tree_entry> parse_tree_entry(std::string_view word) {
    auto const mode = take_until(word, ' ');
    auto const kind = take_until(word, ' ');
    auto const id = git_object_id::parse(take_until(word, '\t'));
    if (!is_mode(mode) || (kind != "blob" && kind != "commit" && kind != "tree") || !id || word.empty())
        return std::nullopt;
    return tree_entry{std::string{mode}, *id, std::string{word}};
}

std::optional<tree_entry> parse_tree_change(std::string_view word) {
    if (!word.starts_with(':'))
        return std::nullopt;
    auto const before = take_until(word, ' ').substr(1);
    auto const mode = take_until(word, ' ');
    auto const from = git_object_id::parse(take_until(word, ' '));
    auto const to = git_object_id::parse(take_until(word, ' '));
    if (!is_mode(before) || !is_mode(mode) || !from || !to || word.size() != 1)
        return std::nullopt;
    return tree_entry{std::string{mode}, *to, ""};
}

std::optional<object_header> parse_object_header(std::string_view line) {
    auto const id = git_object_id::parse(take_until(line, ' '));
    auto const kind = take_until(line, ' ');
    auto const size = number<std::uint64_t>(line);
    if (!id || !size || (kind != "blob" && kind != "commit" && kind != "tree" && kind != "tag"))
        return std::nullopt;
    return object_header{std::string{kind}, *size};
}

std::optional<commit_facts> parse_commit(std::string_view object) {
    commit_facts facts;
    bool has_tree = false;
    while (!object.empty()) {
        auto line = take_until(object, '\n');
        if (line.empty())
            break; // the message
        auto const word = take_until(line, ' ');
        if (word == "tree") {
            auto const id = git_object_id::parse(line);
            has_tree = id.has_value();
            facts.tree = id.value_or(git_object_id{});
        } else if (word == "committer") {
            // Name <mail> 1790000000 +0000
            auto rest = line.substr(std::min(line.rfind("> "), line.size()));
            take_until(rest, ' ');
            facts.committed = number<std::int64_t>(take_until(rest, ' ')).value_or(0);
        }
    }
    return has_tree ? std::optional{facts} : std::nullopt;
}

std::optional<push_verdict> parse_push_verdict(std::string_view text) {
    constexpr std::string_view flags = " *+-=!";
    while (!text.empty()) {
        auto line = take_until(text, '\n');
        if (line.size() < 3 || line[1] != '\t' || flags.find(line[0]) == std::string_view::npos)
            continue;
        char const flag = line[0];
        line.remove_prefix(2);
        take_until(line, '\t');
        return push_verdict{flag, std::string{line.substr(0, longest_reason)}};
    }
    return std::nullopt;
}

std::string parse_held_lock(std::string_view errors) {
    auto const lock = quoted_between(errors, "Unable to create '", "': File exists");
    return lock.ends_with(".lock") ? lock : "";
}

std::string parse_branch_in_the_way(std::string_view errors) {
    return quoted_between(errors, "'refs/heads/", "' exists; cannot create 'refs/heads/");
}

std::uint64_t parse_bytes_sent(std::string_view progress) {
    return bytes_of(sent_part(progress));
}

std::string reason_in(std::string_view errors) {
    constexpr std::array<std::string_view, 8> progress{"Enumerating ", "Counting ",  "Compressing ", "Writing ",
                                                       "Delta ",       "Resolving ", "Total ",       "To "};
    std::string all;
    while (!errors.empty()) {
        auto const end = errors.find_first_of("\r\n");
        auto line = errors.substr(0, end);
        errors.remove_prefix(end == std::string_view::npos ? errors.size() : end + 1);
        while (line.ends_with(' '))
            line.remove_suffix(1);
        auto const bare = line.starts_with("remote: ") ? line.substr(8) : line;
        bool const is_progress = std::any_of(progress.begin(), progress.end(), [&](std::string_view word) {
            return bare.starts_with(word) && bare != "Total";
        });
        if (bare.empty() || line == "remote:" || is_progress || line.starts_with("hint:"))
            continue;
        all += all.empty() ? "" : "; ";
        all += line;
    }
    if (all.size() > longest_reason)
        all = all.substr(0, longest_reason) + "...";
    std::replace_if(
        all.begin(), all.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
    return all;
}

} // namespace notes_export::mirror
