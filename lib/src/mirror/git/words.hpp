#pragma once

#include "mirror/git/object_id.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/// What git prints, as values. Pure: the text may be anything.

/// Of `git ls-remote --symref URL HEAD refs/heads/BRANCH`.
struct remote_branches {
    std::optional<git_object_id> branch; ///< nullopt: it is not there
    std::string default_branch;          ///< main; "" when the other side does not say
    std::optional<git_object_id> default_id;
    bool other_hash = false; ///< the repository is one of SHA-256
};
remote_branches parse_remote_branches(std::string_view text, std::string_view branch);

/// A file in `git ls-tree -r -z`, or one of the two sides in `git diff-tree -r -z`.
struct tree_entry {
    std::string mode; ///< 100644
    git_object_id id;
    std::string path;
    bool is_file() const noexcept { return mode == "100644" || mode == "100755"; }
};
/// Takes apart what comes piece by piece and has a NUL behind each word. Longer words than any path are cut.
class nul_words {
public:
    using on_word = std::function<void(std::string_view word)>;
    explicit nul_words(on_word each) : m_each{std::move(each)} {}
    void add(std::string_view piece);

private:
    on_word m_each;
    std::string m_rest;
};
/// "100644 blob ID\tPATH"; nullopt for anything else.
std::optional<tree_entry> parse_tree_entry(std::string_view word);
/// ":100644 100644 ID ID M": the second side. nullopt for anything else. A path follows as a word of its own.
std::optional<tree_entry> parse_tree_change(std::string_view word);

/// Of `git cat-file --batch`.
struct object_header {
    std::string kind; ///< blob, tree, commit
    std::uint64_t size = 0;
};
/// "ID blob 123"; nullopt: the object is missing, or this is something else.
std::optional<object_header> parse_object_header(std::string_view line);

/// Of a commit object.
struct commit_facts {
    git_object_id tree;
    std::int64_t committed = 0; ///< Unix seconds
};
std::optional<commit_facts> parse_commit(std::string_view object);

/// Of `git push --porcelain`.
struct push_verdict {
    char flag = 0;       ///< ' ' fast-forward, '*' new, '+' forced, '=' nothing to do, '!' rejected
    std::string summary; ///< "[remote rejected] (pre-receive hook declined)"
};
std::optional<push_verdict> parse_push_verdict(std::string_view text);
/// "Unable to create '/r.git/HEAD.lock': File exists." in what a push said: that file; "" when it is not said.
std::string parse_held_lock(std::string_view errors);
/// "'refs/heads/main' exists; cannot create 'refs/heads/main/x'": main; "" when it is not said.
std::string parse_branch_in_the_way(std::string_view errors);
/// "Writing objects: 100% (3/3), 1.50 KiB | 1.50 MiB/s, done." in the progress: bytes; 0 when it is not said.
std::uint64_t parse_bytes_sent(std::string_view progress);

/// What a program said of its failure: without progress, without empty lines, joined by "; ", at most 600 bytes. Lines
/// end in LF, CR (progress) or CR LF (ssh).
std::string reason_in(std::string_view errors);

} // namespace notes_export::mirror
