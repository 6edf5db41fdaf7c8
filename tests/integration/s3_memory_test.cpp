// A bucket with as many objects as production has: what the mirror needs of memory.
#include "support/process_figures.hpp"
#include "support/scripted_store.hpp"

#include <algorithm>
#include <fstream>
#include <malloc.h>
#include <unistd.h>

using namespace notes_export;
using namespace notes_export::mirror;
using test::contains;
using test::s3_error;
using test::scripted_answer;
using test::scripted_server;

namespace {

/// Half a million files that are made when they are read, and a store that has them all.
class large_tree final : public tree_source {
public:
    static constexpr std::int64_t users = 500'000;
    static std::string text(std::int64_t id) { return "{\"user_id\": " + std::to_string(id) + "}\n"; }

    std::optional<feed_state> state(std::stop_token const&) override { return feed_state{1, 1, ""}; }
    std::optional<change_list> changes(std::uint64_t, std::stop_token const&) override { return std::nullopt; }
    std::unique_ptr<hold> keep_still(std::stop_token const&) override { return nullptr; }
    bool read(std::string const& path, take_bytes const& take, std::stop_token const&) override {
        auto const id = entity_path{standard_datasets().front().path}.id_at(path);
        if (!id)
            return false;
        take(text(*id));
        return true;
    }
    bool for_each_file(on_file const& each, std::stop_token const&) override {
        entity_path const paths{standard_datasets().front().path};
        for (std::int64_t id = 1; id <= users; ++id)
            each(paths.of(id), text(id).size());
        return true;
    }
};

/// Paths of all, in the order of names, in a file: what the store holds is not to count as the mirror's memory.
std::vector<std::streamoff> write_sorted_listing(std::filesystem::path const& file) {
    entity_path const paths{standard_datasets().front().path};
    std::vector<std::pair<std::string, std::int64_t>> all;
    for (std::int64_t id = 1; id <= large_tree::users; ++id)
        all.emplace_back(paths.of(id), id);
    std::ranges::sort(all);
    std::ofstream out{file};
    std::vector<std::streamoff> pages;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i % most_listed == 0)
            pages.push_back(out.tellp());
        auto const content = large_tree::text(all[i].second);
        out << "<Contents><Key>" << all[i].first << "</Key><ETag>" << test::scripted_store::digest(content)
            << "</ETag><Size>" << content.size() << "</Size></Contents>";
    }
    pages.push_back(out.tellp());
    return pages;
}

} // namespace

TEST_CASE("s3: comparing 500,000 files needs less than 64 MB", "[s3]") {
    test::temporary_directory const dir;
    auto const pages = write_sorted_listing(dir / "listing");
    ::malloc_trim(0);
    std::size_t next = 0;
    scripted_server server{[&](auto const& r) {
        if (contains(std::string{r.target()}, "metadata.json"))
            return s3_error(404, "NoSuchKey");
        std::string page(static_cast<std::size_t>(pages[next + 1] - pages[next]), '\0');
        std::ifstream in{dir / "listing"};
        in.seekg(pages[next++]);
        in.read(page.data(), static_cast<std::streamsize>(page.size()));
        auto const more = next + 1 < pages.size() ? "true" : "false";
        return scripted_answer{200,
                               {},
                               "<ListBucketResult><IsTruncated>" + std::string{more} + "</IsTruncated>" + page +
                                   "</ListBucketResult>",
                               {},
                               false};
    }};
    s3_options o;
    o.url = server.url() + "/bucket";
    o.credentials = [] { return s3_credentials{"a", "b", {}}; };
    s3_target target{o, published_paths{export_config{}}};
    large_tree tree;
    std::ofstream{"/proc/self/clear_refs"} << 5; // the peak begins anew
    auto const before = test::resident_kb(::getpid());
    CHECK(target.verify(tree, 10, {}).empty());
    CHECK(next == 500);
    auto const peak = test::peak_resident_kb(::getpid()).value();
    INFO("before " << before << " kB, peak " << peak << " kB");
    if (test::frees_memory_at_once)
        CHECK(peak - before < 64 * 1024);
}
