// Change lists and states of somebody else's feed, and the write-ahead list as a crash may have left it. The first byte
// says which.
#include "fuzz/expect.hpp"
#include "fuzz/input.hpp"

#include "feed/ahead_list.hpp"
#include "feed/parse.hpp"
#include "feed/paths.hpp"
#include "feed/text.hpp"
#include "support/list_text.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <string>

using namespace notes_export;
using fuzz::expect;

namespace {

test::temporary_directory const& place() {
    static test::temporary_directory const one;
    return one;
}

void put(std::filesystem::path const& path, std::string_view text) {
    std::ofstream{path, std::ios::binary} << text;
}

void read_list(std::string_view text) {
    auto const list = feed::parse_list(text);
    auto const path = place() / "list";
    put(path, text);
    file const f{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    bool const has_nul = text.find('\0') != std::string_view::npos;
    if (!has_nul)
        expect(feed::read_list(f.fd(), path) == list, "a file is read as its text is");
    expect(feed::fault_of_list(text, list ? list->generation : 1).empty() == list.has_value(),
           "what is wrong with a list is said, of those that are none");
    if (!list)
        return;
    for (auto const& changed : list->changed)
        expect(feed::is_fit(changed.path), "a changed path is fit");
    expect(std::ranges::all_of(list->removed, feed::is_fit), "a removed path is fit");
    expect(list->previous < list->generation, "numbers rise");
    expect(feed::parse_list(test::list_text(*list)) == list, "a list is read as it is written");
}

void read_state(std::string_view text) {
    if (auto const state = feed::parse_state(text))
        expect(feed::parse_state(feed::state_text(*state)) == state, "a state is read as it is written");
}

void read_ahead(std::string_view text) {
    static tree const files{place().path(), true};
    feed::ahead_list list{files};
    put(place() / std::string{feed::ahead_path}, text);
    auto const found = list.read();
    expect(std::ranges::all_of(found.paths, feed::is_fit), "a path of the write-ahead list is fit");
    expect(list.end() <= text.size(), "what is whole is part of it");
    list.append({{feed::ahead_entry::kind::removed, {"a/b.json", 0, {}}}});
    auto const paths = list.read().paths;
    expect(std::ranges::binary_search(paths, "a/b.json"), "what is appended is read again");
}

void read_path(std::string_view text) {
    if (auto const generation = feed::generation_at(text))
        expect(feed::list_path(*generation) == text, "the path of a list is read as it is written");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::input in{data, size};
    switch (in.byte() % 4) {
    case 0:
        read_list(in.rest());
        break;
    case 1:
        read_state(in.rest());
        break;
    case 2:
        read_ahead(in.rest());
        break;
    default:
        read_path(in.rest());
    }
    return 0;
}
