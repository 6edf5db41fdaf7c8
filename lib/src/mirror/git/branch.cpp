#include "mirror/git/branch.hpp"

#include "mirror/error.hpp"
#include "mirror/git/url.hpp"

#include <fstream>
#include <utility>

namespace notes_export::mirror {

void git_branch::look(std::stop_token const& stop) {
    if (!m_repository)
        open(stop);
    m_warnings.clear();
    m_looked = false;
    auto const there = m_remote.look(stop);
    auto const known = m_repository->ref(git_repository::pushed_ref, stop);
    if (!there.branch) {
        look_at_missing(there, known);
    } else {
        note_default(there);
        find_head(*there.branch, known, stop);
    }
    m_looked = true;
}

void git_branch::open(std::stop_token const& stop) {
    m_repository = std::make_unique<git_repository>(m_git, stop);
    m_git.find_ssh(stop);
    if (auto const& why = m_repository->made_anew(); !why.empty())
        m_first_warning = "the mirror's own repository was made anew: " + why;
}

/// What others made of the branch is fetched; what we made of it stays the base until we push again. When our own
/// repository was lost, that is not known, and everything is compared.
void git_branch::find_head(git_object_id const& branch, std::optional<git_object_id> const& known,
                           std::stop_token const& stop) {
    m_head = branch;
    m_base = known;
    if (known == branch)
        return;
    // A push whose answer was lost is known here.
    if (m_repository->ref(git_repository::next_ref, stop) == branch) {
        m_repository->set_ref(git_repository::pushed_ref, branch, stop);
        m_base = branch;
        return;
    }
    if (m_repository->ref(git_repository::seen_ref, stop) != branch)
        m_remote.fetch(git_repository::seen_ref, stop);
    m_head = m_repository->ref(git_repository::seen_ref, stop);
}

void git_branch::look_at_missing(remote_branches const& there, std::optional<git_object_id> const& known) {
    m_head.reset();
    m_base.reset();
    if (!known)
        return; // the first push makes it
    if (there.default_id == known)
        throw mirror_error{"branch_moved",
                           "cannot use branch " + m_git.options().branch + " of " + shown_git_url(m_git.options().url) +
                               ": it is not there any more, and the default branch " + there.default_branch +
                               " has what it had",
                           "The branch was renamed: set branch = " + there.default_branch + '.'};
    m_warnings.push_back("branch " + m_git.options().branch + " of " + shown_git_url(m_git.options().url) +
                         " was deleted there; it is made again, without history and without files of others");
}

/// Whoever serves the default branch serves another one from now on.
void git_branch::note_default(remote_branches const& there) {
    auto const path = m_repository->path() / "exportd-default-branch";
    std::string before;
    std::getline(std::ifstream{path}, before);
    if (there.default_branch.empty())
        return;
    if (before == m_git.options().branch && there.default_branch != before)
        m_warnings.push_back("the default branch of " + shown_git_url(m_git.options().url) + " is " +
                             there.default_branch + " now; the mirror still writes to " + m_git.options().branch);
    if (before != there.default_branch)
        std::ofstream{path} << there.default_branch << '\n';
}

void git_branch::taken(git_object_id const& id, std::stop_token const& stop) {
    m_repository->set_ref(git_repository::pushed_ref, id, stop);
    m_repository->remove_ref(git_repository::seen_ref, stop);
    m_head = m_base = id;
}

std::vector<std::string> git_branch::take_warnings() {
    return std::exchange(m_warnings, {});
}

std::string git_branch::take_first_warning() {
    return std::exchange(m_first_warning, {});
}

} // namespace notes_export::mirror
