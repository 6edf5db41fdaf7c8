#include "mirror/git_target.hpp"

#include "document/metadata.hpp"
#include "mirror/error.hpp"
#include "mirror/git_obstacles.hpp"
#include "mirror/git_url.hpp"
#include "notes_export/error.hpp"
#include "notes_export/git_names.hpp"
#include "pause.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace notes_export::mirror {

namespace {

namespace fs = std::filesystem;

constexpr int most_attempts = 5;
// Each step leaves a pack; git looks into all of them for every object.
constexpr std::size_t many_packs = 24;
constexpr std::int64_t day = std::int64_t{24} * 60 * 60;

mirror_error misconfigured(std::string const& what, std::string const& why) {
    return {"configuration", "cannot use " + what + ": " + why, ""};
}

void check(git_options const& o) {
    if (auto const why = unusable_git_url(o.url); !why.empty())
        throw misconfigured("the address " + shown_git_url(o.url), why);
    if (auto const why = unusable_git_branch(o.branch); !why.empty())
        throw misconfigured("the branch " + o.branch, why);
    if (auto const why = unusable_git_author(o.author); !why.empty())
        throw misconfigured("the author " + o.author, why);
}

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

/// Of the branch's file and the tree's; "" when they are equal, or there is none.
std::string difference_of(std::optional<git_object_id> const& target, std::optional<git_object_id> const& tree) {
    if (target == tree)
        return "";
    return !target ? "missing" : !tree ? "not in the tree" : "differs";
}

std::int64_t now() {
    return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

} // namespace

git_target::git_target(git_options options, published_paths ours)
    : m_options{std::move(options)}, m_ours{std::move(ours)}, m_git{m_options}, m_remote{m_git} {
    check(m_options);
}

cursor git_target::read_cursor(std::stop_token const& stop) {
    look(stop);
    return m_head ? cursor_of(*m_head, stop) : cursor{};
}

cursor git_target::cursor_of(git_object_id const& commit, std::stop_token const& stop) const {
    auto const path = (m_options.directory.empty() ? "" : m_options.directory + '/') + std::string{metadata::path};
    auto const text = m_repository->small_file(commit, path, stop);
    auto const said = text ? metadata::parse(*text) : std::nullopt;
    return said ? cursor{said->generation, said->export_date()} : cursor{};
}

void git_target::look(std::stop_token const& stop) {
    if (!m_repository) {
        m_repository = std::make_unique<git_repository>(m_git, stop);
        m_git.find_ssh(stop);
        if (auto const& why = m_repository->made_anew(); !why.empty())
            m_first_warning = "the mirror's own repository was made anew: " + why;
    }
    m_warnings.clear();
    m_looked = false;
    auto const there = m_remote.look(stop);
    auto const known = m_repository->ref(git_repository::pushed_ref, stop);
    if (!there.branch) {
        look_at_missing_branch(there, stop);
    } else {
        note_default_branch(there);
        find_head(*there.branch, known, stop);
    }
    m_looked = true;
}

/// What others made of the branch is fetched; what we made of it stays the base until we push again. When our own
/// repository was lost, that is not known, and everything is compared.
void git_target::find_head(git_object_id const& branch, std::optional<git_object_id> const& known,
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

void git_target::look_at_missing_branch(remote_branches const& there, std::stop_token const& stop) {
    auto const known = m_repository->ref(git_repository::pushed_ref, stop);
    m_head.reset();
    m_base.reset();
    if (!known)
        return; // the first push makes it
    if (there.default_id == known)
        throw mirror_error{"branch_moved",
                           "cannot use branch " + m_options.branch + " of " + shown_git_url(m_options.url) +
                               ": it is not there any more, and the default branch " + there.default_branch +
                               " has what it had",
                           "The branch was renamed: set branch = " + there.default_branch + '.'};
    m_warnings.push_back("branch " + m_options.branch + " of " + shown_git_url(m_options.url) +
                         " was deleted there; it is made again, without history and without files of others");
}

/// Whoever serves the default branch serves another one from now on.
void git_target::note_default_branch(remote_branches const& there) {
    auto const path = m_repository->path() / "exportd-default-branch";
    std::string before;
    std::getline(std::ifstream{path}, before);
    if (there.default_branch.empty())
        return;
    if (before == m_options.branch && there.default_branch != before)
        m_warnings.push_back("the default branch of " + shown_git_url(m_options.url) + " is " + there.default_branch +
                             " now; the mirror still writes to " + m_options.branch);
    if (before != there.default_branch)
        std::ofstream{path} << there.default_branch << '\n';
}

step_result git_target::apply(change_set const& changes, tree_source& source, std::stop_token const& stop) {
    if (!m_looked)
        look(stop);
    step_result result;
    result.warnings = std::exchange(m_warnings, {});
    std::ranges::copy(changes.warnings, std::back_inserter(result.warnings));
    if (!m_first_warning.empty())
        result.warnings.push_back(std::exchange(m_first_warning, {}));
    auto wanted = changes;
    git_step const step{wanted, source, result, stop};
    git_writer const writer{m_git, *m_repository, m_ours};
    // They put another generation there: what else they did since that one is not known.
    if (m_base && m_base != m_head && cursor_of(*m_base, stop).generation != changes.from)
        m_base.reset();
    bool const all = changes.everything || !m_head || !m_base;
    wanted.everything = all;
    auto next = all ? writer.everything(m_head, step) : writer.changes(*m_base, step);
    if (!all && m_base != m_head)
        next = writer.put_on_top(*m_head, next, step);
    push(next, step);
    result.generation = wanted.to;
    return result;
}

void git_target::push(git_object_id next, git_step const& step) {
    std::string said;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        if (attempt > 0)
            next = put_on_theirs(next, said, step);
        if (m_head)
            require_nothing_in_the_way(*m_repository, m_options, m_ours, *m_head, next, step.stop);
        if (begin_anew(next, step))
            return;
        auto const pushed = send(next, std::nullopt, step);
        if (pushed.taken) {
            taken(next, step.stop);
            keep_small(false, step);
            return;
        }
        said = pushed.said;
    }
    throw mirror_error{"diverged",
                       "cannot push generation " + std::to_string(step.changes.to) + " to branch " + m_options.branch +
                           " of " + shown_git_url(m_options.url) + ": others were faster " +
                           std::to_string(most_attempts) + " times (" + said + ')',
                       "Who else pushes to this branch so often? Give the mirror a branch of its own."};
}

/// After a push that came too late.
git_object_id git_target::put_on_theirs(git_object_id const& next, std::string const& said, git_step const& step) {
    wait_for_turn(step.stop); // first: the less time is then between the look and the push
    auto const before = m_head;
    look(step.stop);
    auto const text = "cannot push generation " + std::to_string(step.changes.to) + " to branch " + m_options.branch +
                      " of " + shown_git_url(m_options.url) + ": ";
    if (m_head == before)
        throw mirror_error{"refused", text + said + ", though nobody else has pushed",
                           "Look in that repository for a lock that a killed git has left (HEAD.lock, refs/heads/" +
                               m_options.branch + ".lock), and for a branch whose name is in the way."};
    if (!m_head)
        throw mirror_error{"diverged", text + "the branch was deleted meanwhile", "The next step makes it again."};
    return git_writer{m_git, *m_repository, m_ours}.put_on_top(*m_head, next, step);
}

git_remote::pushed git_target::send(git_object_id const& id, std::optional<git_object_id> const& instead_of,
                                    git_step const& step) const {
    wait_for_turn(step.stop);
    std::ofstream{m_repository->path() / "exportd-last-push"} << now() << '\n';
    auto pushed = m_remote.push(id, step.changes.to, instead_of, step.stop);
    step.result.bytes += pushed.bytes;
    return pushed;
}

/// The one push that replaces what is there, if it still is what we know. false: there is no reason to.
bool git_target::begin_anew(git_object_id const& next, git_step const& step) {
    if (!m_options.history || !m_head || now() < m_not_anew_before ||
        now() - m_repository->beginning_of(next, step.stop) <= m_options.history->count())
        return false;
    auto const anew = git_writer{m_git, *m_repository, m_ours}.anew(next, step);
    git_remote::pushed pushed;
    try {
        forgotten_history const forgotten{*m_repository, *m_head};
        pushed = send(anew, m_head, step);
    } catch (mirror_error const& e) {
        if (e.kind() != "refused")
            throw;
        m_not_anew_before = now() + day;
        step.result.warnings.push_back(std::string{e.what()} +
                                       "; the branch is not begun anew, and goes on. Set history = keep, or let the "
                                       "repository take it (receive.denyNonFastForwards, protection of the branch)");
    }
    if (!pushed.taken) { // or somebody was faster: theirs is fetched first
        m_repository->set_ref(git_repository::next_ref, next, step.stop);
        return false;
    }
    taken(anew, step.stop);
    keep_small(true, step);
    return true;
}

void git_target::taken(git_object_id const& id, std::stop_token const& stop) {
    m_repository->set_ref(git_repository::pushed_ref, id, stop);
    m_repository->remove_ref(git_repository::seen_ref, stop);
    m_head = m_base = id;
}

/// The push is done, whatever becomes of this.
void git_target::keep_small(bool anew, git_step const& step) const {
    if (!anew && m_repository->packs() < many_packs)
        return;
    try {
        m_repository->pack(anew, step.stop);
    } catch (mirror_error const& e) {
        step.result.warnings.emplace_back(e.what());
    }
}

/// Of our own pushes, refused ones too, also of those before a restart.
void git_target::wait_for_turn(std::stop_token const& stop) const {
    if (is_local_git_url(m_options.url))
        return;
    std::error_code none;
    auto const last = fs::last_write_time(m_repository->path() / "exportd-last-push", none);
    if (none)
        return;
    auto const since = fs::file_time_type::clock::now() - last;
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(m_options.between_pushes - since);
    // A clock that was set back must not make it wait for long.
    if (left.count() > 0)
        pause(stop, std::min(left, m_options.between_pushes));
}

std::vector<difference> git_target::verify(tree_source& source, std::size_t at_most, std::stop_token const& stop) {
    look(stop);
    auto there = m_head ? git_writer{m_git, *m_repository, m_ours}.list(*m_head, stop) : git_listing{};
    auto found = suspects(there, source, at_most, stop);
    // The tree may have moved meanwhile: what differed is looked at once more, held.
    auto const held = found.empty() ? nullptr : source.keep_still(stop);
    std::erase_if(found, [&](difference& d) {
        d.what = difference_of(there.find(d.path), git_writer::hash_of(source, d.path, stop));
        return d.what.empty();
    });
    return found;
}

std::vector<difference> git_target::suspects(git_listing& there, tree_source& source, std::size_t at_most,
                                             std::stop_token const& stop) const {
    std::vector<difference> found;
    auto const note = [&](std::string const& path, std::string what) {
        if (!what.empty() && found.size() < at_most)
            found.push_back({path, std::move(what)});
    };
    auto const look_at = [&](std::string const& path, std::uint64_t size) {
        note(path, difference_of(there.find(path), git_writer::hash_of(source, path, size, nullptr, stop)));
    };
    if (!source.for_each_file(look_at, stop))
        throw source_error{"no_listing", "the target cannot be compared: the tree's files cannot be listed", ""};
    if (m_head)
        m_repository->for_each_file(
            *m_head, m_options.directory,
            [&](tree_entry const& e) {
                if (m_ours.contains(e.path) && !there.asked_for(e.path))
                    note(e.path, "not in the tree");
            },
            stop);
    return found;
}

} // namespace notes_export::mirror
