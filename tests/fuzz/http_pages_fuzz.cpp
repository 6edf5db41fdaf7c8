// Method, host and target of a request, a line each, and the text of a published profile behind them: what comes of
// them is an answer that is told, without markup of the client's.
#include "fuzz/expect.hpp"
#include "fuzz/input.hpp"

#include "http/pages.hpp"
#include "http/profile_page.hpp"

#include "notes_export/utf8.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <array>
#include <fstream>

using namespace exportd;
using fuzz::expect;

namespace {

/// A tree with one profile, users/12345.
struct published {
    test::temporary_directory root;
    std::filesystem::path file = root / "users/0/3/9/12345.json";

    published() { std::filesystem::create_directories(file.parent_path()); }
    void put(std::string_view text) const { std::ofstream{file, std::ios::binary} << text; }
};

std::ptrdiff_t count(std::string_view text, char c) {
    return std::ranges::count(text, c);
}

void check_text(std::string_view text) {
    expect(notes_export::is_utf8(text), "an answer is UTF-8");
    expect(text.find('\0') == std::string_view::npos, "an answer is text");
}

std::vector<notes_export::dataset> const kinds = notes_export::standard_datasets();

// All that may differ from a page for plain words is text.
void check_markup(std::filesystem::path const& root, profile_answer const& shown) {
    static constexpr std::array<char const*, 3> plain{"dataset=users&id=12345", "dataset=users&id=1",
                                                      "dataset=users&id=x"};
    bool const known = std::ranges::any_of(plain, [&](char const* query) {
        auto const other = profile_page(root, kinds, query);
        return other.status == shown.status && count(other.page.text, '<') == count(shown.page.text, '<') &&
               count(other.page.text, '>') == count(shown.page.text, '>') &&
               count(other.page.text, '"') == count(shown.page.text, '"');
    });
    expect(known, "no markup of the client's, or of the profile's");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static published const tree;
    static health state{tree.root.path(), kinds};
    static metrics figures{kinds, notes_export::standard_documents()};
    static http_pages pages{parse_listen_address("127.0.0.1:9847"), kinds, state, figures};
    fuzz::input in{data, size};
    auto const method = in.text_before('\n');
    auto const host = in.text_before('\n');
    auto const target = in.text_before('\n');
    tree.put(in.rest());

    auto const answer = pages.answer({method, target, host});
    static constexpr std::array<unsigned, 7> statuses{200, 400, 404, 405, 421, 500, 503};
    expect(std::ranges::find(statuses, answer.status) != statuses.end(), "a status that is told");
    expect(answer.policy.starts_with("default-src 'none'"), "every answer has its policy");
    check_text(*answer.body);

    auto const shown = profile_page(tree.root.path(), kinds, target);
    check_text(shown.page.text);
    check_markup(tree.root.path(), shown);
    return 0;
}
