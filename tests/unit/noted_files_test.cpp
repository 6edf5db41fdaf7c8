#include "support/catch.hpp"

#include "cycle/former_paths.hpp"
#include "feed/noted_files.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace notes_export;
using list = std::vector<std::string>;
using removed = noted_files::removed;

namespace {

dataset tags() {
    dataset d;
    d.name = "tags";
    d.path = "tags/{h3}/{id}.json";
    d.index_path = "indexes/tags.json";
    return d;
}

export_config with_tags() {
    export_config c;
    c.datasets.push_back(tags());
    return c;
}

export_config without_tags() {
    return {};
}

/// What a tree says that was published with tags, and what it says when the next publication without them has ended.
std::string note_with_tags() {
    return noted_files{with_tags(), ""}.after_publication(removed::nothing, 5);
}
std::string note_after_tags() {
    return noted_files{without_tags(), note_with_tags()}.after_publication(removed::nothing, 5);
}
/// And when they were removed, in generation 7.
std::string note_without_tags() {
    return noted_files{without_tags(), note_after_tags()}.after_publication(removed::everything, 7);
}

struct tree_of_files {
    test::temporary_directory root;
    tree files{root.path(), true};

    void make(std::string const& path) const {
        std::filesystem::create_directories((root / path).parent_path());
        std::ofstream{root / path} << "x";
    }
    list former(std::string const& note, compressions twins = {}) const {
        auto paths = former_paths(noted_files{without_tags(), note}.former(), files, without_tags(), twins);
        std::ranges::sort(paths);
        return paths;
    }
};

} // namespace

TEST_CASE("noted_files: a tree without a note has nothing that is former", "[noted_files]") {
    noted_files const first{with_tags(), ""};
    CHECK_FALSE(first.less_than_before());
    CHECK(first.former().empty());
    CHECK(first.before_publication() == first.after_publication(removed::nothing, 5));
    CHECK(first.before_publication().find("now profiles tags/{h3}/{id}.json\n") != std::string::npos);
    CHECK(first.before_publication().find("now file indexes/tags.json\n") != std::string::npos);
}

TEST_CASE("noted_files: what is configured no longer is noted until it is cleared", "[noted_files]") {
    noted_files const next{without_tags(), note_with_tags()};
    CHECK(next.less_than_before());
    CHECK(names_of(next.former()) == list{"indexes/tags.json", "tags/{h3}/{id}.json"});
    CHECK(next.before_publication() == note_with_tags()); // a crash finds the same again
    CHECK(next.after_publication(removed::nothing, 5).find("former profiles tags/{h3}/{id}.json\n") !=
          std::string::npos);

    noted_files const later{without_tags(), note_after_tags()};
    CHECK_FALSE(later.less_than_before()); // it was told
    CHECK(names_of(later.former()) == names_of(next.former()));
    CHECK(later.after_publication(removed::nothing, 5) == note_after_tags());
    CHECK(later.after_publication(removed::everything, 7).find("cleared 7 profiles tags/{h3}/{id}.json\n") !=
          std::string::npos);

    noted_files const back{with_tags(), note_after_tags()};
    CHECK(back.former().empty());
    CHECK(back.after_publication(removed::nothing, 5) == note_with_tags());
}

TEST_CASE("noted_files: what was cleared is known to copies that are older, until it is configured again",
          "[noted_files]") {
    noted_files const cleared{without_tags(), note_without_tags()};
    CHECK(cleared.former().empty());
    CHECK_FALSE(cleared.less_than_before());
    CHECK(cleared.before_publication() == note_without_tags());
    CHECK(cleared.after_publication(removed::nothing, 5) == note_without_tags());
    CHECK(cleared.after_publication(removed::everything, 9) == note_without_tags());
    CHECK(names_of(cleared.former_at(6)) == list{"indexes/tags.json", "tags/{h3}/{id}.json"});
    CHECK(cleared.former_at(7).empty());
    CHECK(cleared.former_at(0).empty()); // a copy of something else

    noted_files const there{without_tags(), note_after_tags()};
    CHECK(names_of(there.former_at(0)) == names_of(there.former()));

    noted_files const back{with_tags(), note_without_tags()};
    CHECK(back.former_at(6).empty());
    CHECK(back.after_publication(removed::nothing, 5) == note_with_tags());
}

TEST_CASE("noted_files: what is switched off goes with a full export, and copies that are older still have it",
          "[noted_files]") {
    auto const with = [](bool index, bool shards, bool twins) {
        export_config c = with_tags();
        c.datasets.back().shards.make = shards;
        c.datasets.back().shards.directory = "indexes/tags";
        c.datasets.back().index_path = index ? "indexes/tags.json" : "";
        if (twins)
            c.twins.kinds.add(compression::brotli);
        return c;
    };
    auto const note = noted_files{with(true, true, true), ""}.after_publication(removed::switched_off, 3);
    CHECK(note.find("now twins br\n") != std::string::npos);
    noted_files const off{with(false, false, false), note};
    CHECK_FALSE(off.less_than_before()); // nobody has to force it
    CHECK(off.former().empty());
    CHECK(off.before_publication() == note);
    CHECK(off.after_publication(removed::nothing, 4) == note); // changes alone remove nothing of that
    CHECK(names_of(off.former_at(4)) == list{"indexes/tags.json", "indexes/tags"});
    CHECK(off.former_at(4).twins.has(compression::brotli));
    CHECK_FALSE(off.former_at(4).twins.has(compression::gzip));

    auto const gone = off.after_publication(removed::switched_off, 7);
    CHECK(gone.find("cleared 7 twins br\n") != std::string::npos);
    noted_files const later{with(false, false, false), gone};
    CHECK(later.after_publication(removed::everything, 9) == gone);
    CHECK(later.former().empty());
    CHECK(names_of(later.former_at(6)) == list{"indexes/tags.json", "indexes/tags"});
    CHECK(later.former_at(6).twins.has(compression::brotli));
    CHECK(later.former_at(7).empty());
    CHECK(later.former_at(0).empty());

    noted_files const back{with(true, true, true), gone};
    CHECK(back.former_at(6).empty());
    CHECK(back.after_publication(removed::nothing, 9) == note);
    // A dataset without a place for shards switches nothing off.
    noted_files const hidden{without_tags(), "former file .json\n"};
    CHECK(names_of(hidden.former()) == list{".json"});
    CHECK(noted_files{with_tags(), "former file .json\n"}.former().files == list{".json"});
    CHECK(noted_files{with(false, true, false), "former twins xz\nnow twins gz br\n"}.former_at(4).twins.none());
}

TEST_CASE("noted_files: their paths are those of profiles, index and twins that are there", "[noted_files]") {
    tree_of_files const t;
    for (auto const* const path : {"tags/7/7.json", "tags/7/7.json.gz", "tags/8/7.json", "tags/7/readme.txt",
                                   "indexes/tags.json", "indexes/users.json", "users/0/0/7/7.json"})
        t.make(path);
    CHECK(t.former(note_after_tags()) == list{"indexes/tags.json", "tags/7/7.json"});
    compressions gzip;
    gzip.add(compression::gzip);
    CHECK(t.former(note_after_tags(), gzip) == list{"indexes/tags.json", "tags/7/7.json", "tags/7/7.json.gz"});
}

TEST_CASE("noted_files: of a note that somebody wrote, nothing is taken that is exported or private", "[noted_files]") {
    tree_of_files const t;
    for (auto const* const path : {"metadata.json", "users/0/0/7/7.json", ".exportd/lock", "a/7.json"})
        t.make(path);
    for (auto const* const line :
         {"former file metadata.json\n", "former profiles users/{h1}/{h2}/{h3}/{id}.json\n",
          "former file .exportd/lock\n", "former file ../x\n", "former file /etc/passwd\n",
          "former profiles ../{id}.json\n", "former profiles {id}.json\n", "former profiles a/{\n",
          "former profiles a/{h\n", "former profiles\n", "former \n", "former file users/0/0/7/7.json\n",
          "file a/7.json\n", "cleared 3 profiles a/{id}.json\n", "cleared profiles a/{id}.json\n",
          "cleared -1 profiles a/{id}.json\n", "cleared 0 profiles a/{id}.json\n",
          "cleared 99999999999999999999 file a/7.json\n", "former directory a\n"}) {
        INFO(line);
        CHECK(t.former(line).empty());
    }
    CHECK(t.former("former profiles a/{id}.json") == list{"a/7.json"});
}
