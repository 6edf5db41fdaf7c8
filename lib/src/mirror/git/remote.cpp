#include "mirror/git/remote.hpp"

#include "mirror/git/url.hpp"

#include <array>

namespace notes_export::mirror {

namespace {

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// What is said of a push without a word of the branch; "": nothing that is known.
std::string_view refusal_in(std::string_view errors) {
    // It was read a moment ago: what is denied now is the push.
    if (has(errors, "access denied or repository not exported"))
        return "pushes are not taken";
    return has(errors, "ref updates aborted by hook") ? "a hook does not take it" : "";
}

} // namespace

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
        throw mirror_error{"not_supported", "cannot use " + shown_git_url(o.url) + ": it is a repository of SHA-256",
                           "Make one of SHA-1: `git init --bare --object-format=sha1`."};
    return found;
}

void git_remote::fetch(std::string const& into, std::stop_token const& stop) const {
    auto const& o = m_git.options();
    auto const attempt = m_git.attempt("fetch branch " + o.branch + " of");
    auto const said = m_git.run({"fetch", "--progress", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
                                 o.url, "+refs/heads/" + o.branch + ':' + into},
                                attempt, stop);
    if (said.status != 0)
        throw git_failure(attempt, said.status, said.errors);
    if (has(said.errors, "shallow roots are not allowed"))
        throw mirror_error{
            "not_supported",
            "cannot " + attempt.what + ": it is a shallow repository, without the beginning of its history",
            "Run `git fetch --unshallow` in it, or make it anew: `git init --bare`, or `git clone --bare` "
            "without --depth."};
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
    if (auto const refusal = refusal_in(said.errors); !verdict && !refusal.empty())
        throw push_failure(attempt, refusal, said.errors);
    if (!verdict || verdict->flag != '!')
        throw git_failure(attempt, said.status, said.errors);
    bool const named = !parse_held_lock(said.errors).empty() || !parse_branch_in_the_way(said.errors).empty();
    if (named || !is_lost_race(verdict->summary))
        throw push_failure(attempt, verdict->summary, said.errors);
    return {false, 0, verdict->summary};
}

} // namespace notes_export::mirror
