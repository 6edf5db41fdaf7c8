#include "mirror/git/target.hpp"

#include "document/metadata.hpp"
#include "mirror/error.hpp"
#include "mirror/git/url.hpp"
#include "notes_export/git_names.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace notes_export::mirror {

namespace {

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

/// Of the branch's file and the tree's; "" when they are equal, or there is none.
std::string difference_of(std::optional<git_object_id> const& target, std::optional<git_object_id> const& tree) {
    if (target == tree)
        return "";
    return !target ? "missing" : !tree ? "not in the tree" : "differs";
}

} // namespace

git_target::git_target(git_options options, published_paths ours)
    : target{std::move(ours)},
      m_options{std::move(options)},
      m_git{m_options},
      m_remote{m_git},
      m_branch{m_git, m_remote},
      m_push{m_git, m_remote, m_branch, target::ours()} {
    check(m_options);
}

cursor git_target::read_cursor(std::stop_token const& stop) {
    m_branch.look(stop);
    return m_branch.head() ? cursor_of(*m_branch.head(), stop) : cursor{};
}

cursor git_target::cursor_of(git_object_id const& commit, std::stop_token const& stop) const {
    auto const path = (m_options.directory.empty() ? "" : m_options.directory + '/') + std::string{metadata::path};
    auto const text = m_branch.repository().small_file(commit, path, stop);
    auto const said = text ? metadata::parse(*text) : std::nullopt;
    return said ? cursor{said->generation, said->export_date()} : cursor{};
}

void git_target::apply(change_set const& changes, tree_source& source, std::stop_token const& stop,
                       step_result& result) {
    if (!m_branch.was_looked_at())
        m_branch.look(stop);
    result.warnings = m_branch.take_warnings();
    std::ranges::copy(changes.warnings, std::back_inserter(result.warnings));
    if (auto first = m_branch.take_first_warning(); !first.empty())
        result.warnings.push_back(std::move(first));
    auto wanted = changes;
    git_step const step{wanted, source, result, stop};
    git_writer const writer{m_git, m_branch.repository(), ours()};
    auto const& head = m_branch.head();
    auto const& base = m_branch.base();
    // They put another generation there: what else they did since that one is not known.
    if (base && base != head && cursor_of(*base, stop).generation != changes.from)
        m_branch.forget_base();
    bool const all = changes.everything || !head || !base;
    wanted.everything = all;
    auto next = all ? writer.everything(head, step) : writer.changes(*base, step);
    if (!all && base != head)
        next = writer.put_on_top(*head, next, step);
    m_push.run(next, step);
    result.generation = wanted.to;
}

std::vector<difference> git_target::verify(tree_source& source, std::size_t at_most, std::stop_token const& stop) {
    m_branch.look(stop);
    auto const& head = m_branch.head();
    auto there = head ? git_writer{m_git, m_branch.repository(), ours()}.list(*head, stop) : git_listing{};
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
    if (m_branch.head())
        m_branch.repository().for_each_file(
            *m_branch.head(), m_options.directory,
            [&](tree_entry const& e) {
                if (ours().contains(e.path) && !there.asked_for(e.path))
                    note(e.path, "not in the tree");
            },
            stop);
    return found;
}

} // namespace notes_export::mirror
