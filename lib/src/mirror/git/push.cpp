#include "mirror/git/push.hpp"

#include "mirror/error.hpp"
#include "mirror/git/obstacles.hpp"
#include "mirror/git/url.hpp"
#include "pause.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace notes_export::mirror {

namespace {

namespace fs = std::filesystem;

constexpr int most_attempts = 5;
// Each step leaves a pack; git looks into all of them for every object.
constexpr std::size_t many_packs = 24;
constexpr std::int64_t day = std::int64_t{24} * 60 * 60;

/// While it lives, what is behind a commit counts as not known here: see git_repository::forget_behind().
class forgotten_history {
public:
    forgotten_history(git_repository const& r, git_object_id const& commit) : m_repository{r} {
        r.forget_behind(commit);
    }
    ~forgotten_history() {
        std::error_code ignored;
        fs::remove(m_repository.path() / "shallow", ignored);
    }
    forgotten_history(forgotten_history const&) = delete;
    forgotten_history& operator=(forgotten_history const&) = delete;

private:
    git_repository const& m_repository;
};

std::int64_t now() {
    return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

} // namespace

void git_push::run(git_object_id next, git_step const& step) {
    std::string said;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        if (attempt > 0)
            next = put_on_theirs(next, said, step);
        if (m_branch.head())
            require_nothing_in_the_way(m_branch.repository(), m_git.options(), m_ours, *m_branch.head(), next,
                                       step.stop);
        if (begin_anew(next, step))
            return;
        auto const pushed = send(next, std::nullopt, step);
        if (pushed.taken) {
            m_branch.taken(next, step.stop);
            keep_small(false, step);
            return;
        }
        said = pushed.said;
    }
    throw mirror_error{"diverged",
                       "cannot push generation " + std::to_string(step.changes.to) + " to branch " +
                           m_git.options().branch + " of " + shown_git_url(m_git.options().url) +
                           ": others were faster " + std::to_string(most_attempts) + " times (" + said + ')',
                       "Who else pushes to this branch so often? Give the mirror a branch of its own."};
}

/// After a push that came too late.
git_object_id git_push::put_on_theirs(git_object_id const& next, std::string const& said, git_step const& step) {
    wait_for_turn(step.stop); // first: the less time is then between the look and the push
    auto const before = m_branch.head();
    m_branch.look(step.stop);
    auto const text = "cannot push generation " + std::to_string(step.changes.to) + " to branch " +
                      m_git.options().branch + " of " + shown_git_url(m_git.options().url) + ": ";
    if (m_branch.head() == before)
        throw mirror_error{"refused", text + said + ", though nobody else has pushed",
                           "Look in that repository for a lock that a killed git has left (HEAD.lock, refs/heads/" +
                               m_git.options().branch + ".lock), and for a branch whose name is in the way."};
    if (!m_branch.head())
        throw mirror_error{"diverged", text + "the branch was deleted meanwhile", "The next step makes it again."};
    return git_writer{m_git, m_branch.repository(), m_ours}.put_on_top(*m_branch.head(), next, step);
}

git_remote::pushed git_push::send(git_object_id const& id, std::optional<git_object_id> const& instead_of,
                                  git_step const& step) const {
    wait_for_turn(step.stop);
    std::ofstream{m_branch.repository().path() / "exportd-last-push"} << now() << '\n';
    auto pushed = m_remote.push(id, step.changes.to, instead_of, step.stop);
    step.result.bytes += pushed.bytes;
    return pushed;
}

/// The one push that replaces what is there, if it still is what we know. false: there is no reason to.
bool git_push::begin_anew(git_object_id const& next, git_step const& step) {
    if (!m_git.options().history || !m_branch.head() || now() < m_not_anew_before)
        return false;
    auto const age = now() - m_branch.repository().beginning_of(next, step.stop);
    bool const of_a_time_to_come = age < -day; // by a wrong clock: it would never be old
    if (age <= m_git.options().history->count() && !of_a_time_to_come)
        return false;
    auto const anew = git_writer{m_git, m_branch.repository(), m_ours}.anew(next, step);
    git_remote::pushed pushed;
    try {
        forgotten_history const forgotten{m_branch.repository(), *m_branch.head()};
        pushed = send(anew, m_branch.head(), step);
    } catch (mirror_error const& e) {
        if (e.kind() != "refused")
            throw;
        m_not_anew_before = now() + day;
        step.result.warnings.push_back(std::string{e.what()} +
                                       "; the branch is not begun anew, and goes on. Set history = keep, or let the "
                                       "repository take it (receive.denyNonFastForwards, protection of the branch)");
    }
    if (!pushed.taken) { // or somebody was faster: theirs is fetched first
        m_branch.repository().set_ref(git_repository::next_ref, next, step.stop);
        return false;
    }
    m_branch.taken(anew, step.stop);
    keep_small(true, step);
    return true;
}

/// The push is done, whatever becomes of this.
void git_push::keep_small(bool anew, git_step const& step) const {
    if (!anew && m_branch.repository().packs() < many_packs)
        return;
    try {
        m_branch.repository().pack(anew, step.stop);
    } catch (mirror_error const& e) {
        step.result.warnings.emplace_back(e.what());
    }
}

/// Of our own pushes, refused ones too, also of those before a restart.
void git_push::wait_for_turn(std::stop_token const& stop) const {
    if (is_local_git_url(m_git.options().url))
        return;
    std::error_code none;
    auto const last = fs::last_write_time(m_branch.repository().path() / "exportd-last-push", none);
    if (none)
        return;
    auto const since = fs::file_time_type::clock::now() - last;
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(m_git.options().between_pushes - since);
    // A clock that was set back must not make it wait for long.
    if (left.count() > 0)
        pause(stop, std::min(left, m_git.options().between_pushes));
}

} // namespace notes_export::mirror
