#include "mirror/git_remote.hpp"

#include <array>

namespace notes_export::mirror {

bool is_lost_race(std::string_view summary) {
    constexpr std::array<std::string_view, 6> words{"[rejected] (fetch first)",       "[rejected] (non-fast-forward)",
                                                    "[rejected] (stale info)",        "(failed to update ref)",
                                                    "(incorrect old value provided)", "cannot lock ref"};
    for (auto const word : words)
        if (summary.find(word) != std::string_view::npos)
            return true;
    return false;
}

remote_branches git_remote::look(std::stop_token const& stop) const {
    auto const& o = m_git.options();
    auto const text = m_git.output({"ls-remote", "--symref", o.url, "HEAD", "refs/heads/" + o.branch},
                                   m_git.attempt("look at branch " + o.branch + " of"), stop);
    auto found = parse_remote_branches(text, o.branch);
    if (found.other_hash)
        throw mirror_error{"not_supported", "cannot use " + m_git.attempt("").what + ": it is a repository of SHA-256",
                           "Make one of SHA-1: `git init --bare --object-format=sha1`."};
    return found;
}

void git_remote::fetch(std::string const& into, std::stop_token const& stop) const {
    auto const& o = m_git.options();
    m_git.output({"fetch", "--progress", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", o.url,
                  "+refs/heads/" + o.branch + ':' + into},
                 m_git.attempt("fetch branch " + o.branch + " of"), stop);
}

git_remote::pushed git_remote::push(git_object_id const& id, std::uint64_t generation,
                                    std::optional<git_object_id> const& instead_of, std::stop_token const& stop) const {
    auto const& o = m_git.options();
    auto const attempt =
        m_git.attempt("push generation " + std::to_string(generation) + " to branch " + o.branch + " of");
    auto const name = "refs/heads/" + o.branch;
    git_program::arguments words{"push", "--porcelain", "--progress", "--no-verify"};
    if (instead_of)
        words.push_back("--force-with-lease=" + name + ':' + instead_of->text());
    words.push_back(o.url);
    words.push_back(id.text() + ':' + name);
    auto const said = m_git.run(words, attempt, stop);
    auto const verdict = parse_push_verdict(said.output);
    if (said.status == 0)
        return {true, parse_bytes_sent(said.errors), ""};
    // It was read a moment ago: what is denied now is the push.
    if (!verdict && said.errors.find("access denied or repository not exported") != std::string::npos)
        throw push_failure(attempt, "pushes are not taken", said.errors);
    if (!verdict || verdict->flag != '!')
        throw git_failure(attempt, said.status, said.errors);
    if (!is_lost_race(verdict->summary))
        throw push_failure(attempt, verdict->summary, said.errors);
    return {false, 0, verdict->summary};
}

} // namespace notes_export::mirror
