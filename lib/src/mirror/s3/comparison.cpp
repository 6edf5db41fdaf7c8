#include "mirror/s3/comparison.hpp"

#include "mirror/error.hpp"

namespace notes_export::mirror {

s3_comparison compare_with_bucket(tree_source& source, s3_bucket& bucket, published_paths const& ours,
                                  std::stop_token const& stop) {
    s3_comparison found;
    bool const listed =
        source.for_each_file([&](std::string const& path, std::uint64_t size) { found.files.add(path, size); }, stop);
    if (!listed)
        throw source_error{"source", "compare the bucket with the tree: the tree cannot be listed from here",
                           "run the mirror where the tree is"};
    found.files.sort();
    std::size_t next = 0;
    bucket.list(
        [&](s3_object const& object) {
            while (next < found.files.size() && found.files.path(next) < object.key)
                ++next;
            if (next == found.files.size() || found.files.path(next) != object.key) {
                if (ours.contains(object.key))
                    found.too_much.insert(object.key);
                return;
            }
            auto& e = found.files[next];
            e.stored = true;
            e.stored_size = object.size;
            auto const md5 = md5_of(object.etag);
            e.has_md5 = md5.has_value();
            e.stored_md5 = md5.value_or(md5_digest{});
        },
        stop);
    return found;
}

bool surely_differs(file_list::entry const& e, s3_options const& options) {
    return !e.stored || !e.has_md5 || (options.compress == s3_compression::none && e.stored_size != e.size);
}

bool is_stored(file_list::entry const& e, object_content const& content) {
    return e.stored && e.has_md5 && e.stored_size == content.size() && e.stored_md5 == content.md5();
}

} // namespace notes_export::mirror
