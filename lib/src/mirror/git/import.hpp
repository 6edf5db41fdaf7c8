#pragma once

#include "mirror/git/program.hpp"
#include "mirror/git/words.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace notes_export::mirror {

/// The path as fast-import reads it. Pure.
std::string import_path(std::string_view path);

/**
 * Commits that are written to the repository as they are said: `git fast-import`, without a work tree or an index.
 *
 * Nothing is there until finish(): a stream that is cut short leaves no commit and no ref.
 * Throws  mirror_error, cancelled. Thread: one.
 */
class git_import {
public:
    git_import(git_program const& git, std::stop_token stop);

    struct commit {
        std::string ref;
        std::string message;
        std::int64_t time = 0;             ///< Unix seconds
        std::optional<git_object_id> from; ///< parent; none: without
        std::optional<git_object_id> tree; ///< to begin with, instead of the parent's
    };
    void begin(commit const& c);

    /// The next file of the commit; then exactly `size` bytes by add(), and end_file().
    void file(std::string_view path, std::uint64_t size);
    void add(std::string_view piece);
    void end_file();
    /// A blob that is in the repository already.
    void file(std::string_view path, std::string const& mode, git_object_id const& id);
    void remove(std::string_view path);

    /// The commit so far, as if it ended here.
    git_object_id id();
    git_object_id tree();

    /// All is said: the last commit.
    git_object_id finish();

private:
    void say(std::string_view bytes);
    void flush();
    std::string ask(std::string_view question);

    git_program const& m_git;
    git_attempt m_attempt{"write a commit in the mirror's own repository", ""};
    std::string m_answer;
    std::string m_waiting; ///< to be written
    std::unique_ptr<child_process> m_process;
};

} // namespace notes_export::mirror
