#include "mirror/git/object_id.hpp"

#include "files/hex.hpp"

namespace notes_export::mirror {

std::string git_object_id::text() const {
    return hex_of(bytes);
}

std::optional<git_object_id> git_object_id::parse(std::string_view text) {
    git_object_id id;
    return read_hex(text, id.bytes) ? std::optional{id} : std::nullopt;
}

git_blob_hash::git_blob_hash(std::uint64_t size) {
    std::string head = "blob " + std::to_string(size);
    head += '\0';
    add(head);
}

git_object_id git_blob_hash::finish() {
    git_object_id id;
    m_digest.finish(id.bytes);
    return id;
}

git_object_id git_blob_hash::of(std::string_view bytes) {
    git_blob_hash hash{bytes.size()};
    hash.add(bytes);
    return hash.finish();
}

} // namespace notes_export::mirror
