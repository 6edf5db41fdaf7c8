// What git and the other side print, as anybody may have made it up. The first byte says which.
#include "fuzz/expect.hpp"
#include "fuzz/input.hpp"

#include "mirror/git/failure.hpp"
#include "mirror/git/import.hpp"
#include "mirror/git/remote.hpp"
#include "mirror/git/url.hpp"
#include "mirror/git/words.hpp"
#include "notes_export/git_names.hpp"

#include <algorithm>

using namespace notes_export;
using namespace notes_export::mirror;
using fuzz::expect;

namespace {

bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

void read_words(std::string_view text) {
    std::size_t whole = 0;
    nul_words all{[&](std::string_view word) {
        ++whole;
        if (auto const entry = parse_tree_entry(word))
            expect(!entry->path.empty(), "an entry has a path");
        parse_tree_change(word);
    }};
    all.add(text);
    std::size_t in_pieces = 0;
    nul_words bits{[&](std::string_view) { ++in_pieces; }};
    for (char const& c : text)
        bits.add({&c, 1});
    expect(whole == in_pieces, "pieces make the same words");
}

void read_failure(std::string_view text) {
    auto const e = git_failure({"push to", "https://u:pa55word@h/r"}, 1, text);
    expect(is_one_line(e.what()), "a message is one line");
    expect(!e.kind().empty(), "a failure has a kind");
    auto const p = push_failure({"push to", "https://u:pa55word@h/r"}, "[rejected]", text);
    expect(std::string_view{p.what()}.find("pa55word") == std::string_view::npos, "no message has the password");
}

void read_url(std::string const& text) {
    auto const shown = shown_git_url(text);
    expect(shown.size() <= text.size(), "nothing is added to an address");
    expect(without_secrets(text, text).size() <= text.size() + 3 * text.size(), "a text stays bounded");
    if (unusable_git_branch(text).empty())
        expect(is_one_line(text), "a branch is one word");
    unusable_git_author(text.empty() ? "x" : text);
    expect(is_one_line(import_path(text)), "a path is one line");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::input in{data, size};
    switch (in.byte() % 5) {
    case 0:
        read_words(in.rest());
        break;
    case 1:
        parse_remote_branches(in.rest(), "main");
        break;
    case 2: {
        auto const text = in.rest();
        parse_object_header(text);
        parse_commit(text);
        if (auto const verdict = parse_push_verdict(text))
            is_lost_race(verdict->summary);
        parse_bytes_sent(text);
        break;
    }
    case 3:
        read_failure(in.rest());
        break;
    default:
        read_url(std::string{in.rest()});
    }
    return 0;
}
