#include "crash/durability_ledger.hpp"

#include "publish/twin_path.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string_view>
#include <utility>

namespace test {

namespace {

// Each refers to those before it; removal comes when nothing refers to the file any more. Before all of them
// metadata.json says that they are under way.
enum rank : int { announcement, profile, reference, commit, removal, told, anything = std::numeric_limits<int>::max() };

// A twin has that of its file.
rank rank_of(std::string_view path) {
    if (auto const twin = notes_export::twin_at(path))
        path = twin->of;
    if (path == "metadata.json")
        return commit;
    return path.starts_with("indexes/") || path.starts_with("global_stats") ? reference : profile;
}

constexpr std::string_view ahead = ".exportd/changes/ahead";
// Of an earlier generation it is not believed, so that in a run that publishes the old one does no harm.
constexpr std::string_view of_indexes = ".exportd/published_indexes.json";

bool is_of_feed(std::string_view path) {
    return path.starts_with(".exportd/changes/") && path.ends_with(".json");
}

bool is_private(std::string_view path) {
    return path == ".exportd" || path.starts_with(".exportd/");
}

std::string directory_of(std::string const& path) {
    auto const slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

} // namespace

void durability_ledger::add(std::vector<watched_call> const& trace) {
    m_highest = announcement;
    m_announced = false;
    m_ahead = false;
    m_listed = false;
    for (auto const& call : trace)
        add(call);
}

void durability_ledger::add(watched_call const& call) {
    auto const is = [&](std::string_view name) { return call.name.starts_with(name); };
    if (call.marks)
        expect_synced(call, anything);
    else if (call.killed)
        return;
    else if (is("fsync") || is("fdatasync"))
        sync(call);
    else if (is("syncfs"))
        sync_all(call);
    else if (is("close"))
        close(call);
    else if (call.injected && !is("write")) // of a short write something arrives
        return;
    else if (is("write") || is("pwrite") || is("ftruncate") || call.creates)
        write(call);
    else if (is("rename"))
        rename(call);
    else if (is("unlink"))
        remove(call);
    else if (is("mkdir"))
        change_name(call.path, rank_of(call.path + '/'));
}

void durability_ledger::write(watched_call const& call) {
    m_ahead = m_ahead || call.path.starts_with(ahead);
    m_unsynced_files.insert(call.path);
    m_files_in_writing.insert(call.path);
    if (call.truncates) // it is written anew from its beginning
        m_lost_files.erase(call.path);
}

void durability_ledger::sync(watched_call const& call) {
    if (!call.injected) {
        m_unsynced_files.erase(call.path);
        m_unsynced_names.erase(call.path);
    } else if (m_unsynced_files.contains(call.path)) {
        m_lost_files.insert(call.path);
    }
}

void durability_ledger::sync_all(watched_call const& call) {
    if (call.injected) {
        m_lost_files.insert(m_unsynced_files.begin(), m_unsynced_files.end());
        return;
    }
    m_unsynced_files.clear();
    m_unsynced_names.clear();
}

// The first close after writing is the writer's; an interrupted one has closed all the same.
void durability_ledger::close(watched_call const& call) {
    if (m_files_in_writing.erase(call.path) > 0 && call.injected && call.error != EINTR)
        m_lost_files.insert(call.path);
}

void durability_ledger::rename(watched_call const& call) {
    if (call.target == of_indexes && m_announced) {
        m_unsynced_files.erase(call.path);
        return;
    }
    if (m_lost_files.contains(call.path))
        violate(call, "a sync or close of it has failed");
    else if (m_unsynced_files.contains(call.path))
        violate(call, "it is not synced");
    m_unsynced_files.erase(call.path);
    m_lost_files.erase(call.path);
    if (is_of_feed(call.target))
        return rename_in_feed(call);
    auto const rank = publishes_first(call) ? announcement : rank_of(call.target);
    if (!is_private(call.target) && rank != announcement)
        expect_ahead(call);
    if (rank == commit && !std::exchange(m_listed, false))
        violate(call, "no list tells what it is about");
    if (!is_private(call.target))
        expect_turn(call, rank);
    change_name(call.target, rank);
}

void durability_ledger::rename_in_feed(watched_call const& call) {
    if (!call.target.ends_with("/state.json")) {
        m_listed = true;
        m_unsynced_names[directory_of(call.target)].insert(reference);
    } else if (m_highest > announcement) { // else it tells of what the program before has done
        if (m_highest < commit)
            violate(call, "metadata.json is not there yet");
        expect_turn(call, told);
    }
}

// metadata.json is in every list anyway.
void durability_ledger::expect_ahead(watched_call const& call) {
    if (rank_of(call.target.empty() ? call.path : call.target) == commit)
        return;
    if (!m_ahead || m_unsynced_files.contains(std::string{ahead}))
        violate(call, "it is not on the write-ahead list");
}

// The first file that a program publishes is metadata.json with the announcement, unless there was none before.
bool durability_ledger::publishes_first(watched_call const& call) {
    return !is_private(call.target) && !std::exchange(m_announced, true) && rank_of(call.target) == commit;
}

void durability_ledger::remove(watched_call const& call) {
    m_unsynced_files.erase(call.path);
    m_lost_files.erase(call.path);
    if (is_private(call.path))
        return;
    expect_ahead(call);
    auto const rank = goes_before_its_file(call) ? rank_of(call.path) : removal;
    expect_turn(call, rank);
    change_name(call.path, rank);
}

// The old twin of a file that is about to be replaced.
bool durability_ledger::goes_before_its_file(watched_call const& call) const {
    return notes_export::twin_at(call.path) && m_highest <= rank_of(call.path);
}

void durability_ledger::change_name(std::string const& path, int rank) {
    if (!path.empty() && !is_private(path)) // the root's own name is not in the tree
        m_unsynced_names[directory_of(path)].insert(rank);
}

void durability_ledger::expect_turn(watched_call const& call, int rank) {
    if (rank < m_highest)
        violate(call, "what refers to it is there already");
    m_highest = std::max(m_highest, rank);
    expect_synced(call, rank);
}

void durability_ledger::expect_synced(watched_call const& call, int below) {
    for (auto const& [directory, ranks] : m_unsynced_names)
        if (*ranks.begin() < below)
            violate(call, "directory \"" + directory + "\" is not synced");
}

void durability_ledger::violate(watched_call const& call, std::string const& what) {
    m_violations.push_back("call " + std::to_string(call.number) + ", " + (call.marks ? "marking" : call.text()) +
                           ": " + what);
}

std::vector<std::string> durability_ledger::unsynced() const {
    std::vector<std::string> directories;
    for (auto const& [directory, ranks] : m_unsynced_names)
        directories.push_back(directory);
    return directories;
}

} // namespace test
