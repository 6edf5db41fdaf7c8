#pragma once

#include "fuzz/expect.hpp"

#include "index/merge.hpp"
#include "publish/staging.hpp"
#include "support/temporary_directory.hpp"

#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace fuzz {

struct merge_result {
    bool possible = false;           ///< false: not an index of ours
    std::optional<std::string> text; ///< nullopt: nothing changes
};

/// What index_merge makes of an index with this text.
inline merge_result merged_index(std::string const& published, std::span<notes_export::index_change const> changes) {
    using namespace notes_export;
    static test::temporary_directory const root;
    static tree const files{root.path(), true};
    static staging stage{files};
    file const live{::memfd_create("index", MFD_CLOEXEC)};
    expect(::write(live.fd(), published.data(), published.size()) == static_cast<ssize_t>(published.size()),
           "a file in memory takes what is written");
    try {
        index_merge const merge{standard_datasets().front(), live.fd(), "index.json", published.size(), changes};
        if (!merge.changes_anything())
            return {true, std::nullopt};
        auto const staged = merge.write(stage, "index.json");
        std::ifstream in{stage.full(staged.name), std::ios::binary};
        std::string text{std::istreambuf_iterator<char>{in}, {}};
        stage.discard(staged);
        expect(text.size() == merge.size() && text.size() == staged.size, "the size is known before");
        return {true, std::move(text)};
    } catch (not_our_index const&) {
        expect(stage.names().empty(), "nothing is left behind");
        return {};
    }
}

} // namespace fuzz
