#include "feed/recorder.hpp"

#include "feed/paths.hpp"
#include "files/sha256.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <utility>

namespace notes_export::feed {

namespace {

ahead_entry entry(ahead_entry::kind what, std::string path) {
    return {what, {std::move(path), 0, {}}};
}

// Its new ones are entries of their own.
void add_old_twins(staged_file const& f, std::vector<ahead_entry>& to) {
    for (auto const how : all_compressions)
        if (f.old_twins.has(how))
            to.push_back(entry(ahead_entry::kind::looked_at, twin_path(f.target, how)));
}

/// The bytes of metadata.json before it said that a publication has begun.
std::string without_mark(std::string const& text, metadata live) {
    if (live.publishing == 0 || live.text() != text)
        return text;
    live.publishing = 0;
    return live.text();
}

} // namespace

recorder::recorder(held_tree& held, export_config const& config)
    : m_held{&held},
      m_config{&config},
      m_public{held.files, public_directory},
      m_private{held.files, private_directory},
      m_ahead{held.files} {}

outlook const& recorder::begin(std::string const& live_text, std::optional<metadata> const& live,
                               std::uint64_t recorded, bool less_is_exported) {
    m_making = {};
    if (!m_ahead.in_place(m_held->files))
        m_ahead = ahead_list{m_held->files};
    if (off())
        return be_off();
    auto before = m_ahead.read();
    if (before.anything || !before.paths.empty())
        m_ahead.rewrite(m_held->files, before);
    m_found.left = std::move(before.paths);
    m_found.ahead = m_ahead.end();
    auto facts = look(live_text, live, recorded);
    facts.ahead_lost = before.anything;
    facts.less_is_exported = less_is_exported;
    m_found.says = look_out(facts);
    m_found.live = facts.live.value_or(0);
    if (m_found.says.state_owed)
        write_state({live->generation,
                     m_published.state ? m_published.state->oldest : ours().oldest_up_to(live->generation),
                     live->export_date()});
    m_held->stage.compute_digests(m_found.says.complete);
    return m_found.says;
}

// Whoever turns it on again gets a feed that begins anew.
outlook const& recorder::be_off() {
    m_held->stage.compute_digests(false);
    m_found.says = {};
    m_published.state.reset();
    if (!std::exchange(m_published.swept, true)) {
        ours().forget_everything();
        others().forget_everything();
    }
    return m_found.says;
}

outlook_facts recorder::look(std::string const& live_text, std::optional<metadata> const& live,
                             std::uint64_t recorded) {
    outlook_facts f;
    m_published.state = ours().state();
    auto const elsewhere = others().state();
    f.state = m_published.state;
    f.elsewhere = elsewhere.has_value();
    f.newest_elsewhere = elsewhere ? elsewhere->generation : 0;
    f.recorded = recorded;
    if (live) {
        f.live = live->generation;
        f.list = compare_list(live_text, *live);
    }
    if (!live || !m_published.state || m_published.state->generation != live->generation)
        f.newest_list = ours().newest();
    f.tree_is_empty = live_text.empty() && !m_published.state && f.newest_list == 0;
    return f;
}

outlook_facts::list_of_live recorder::compare_list(std::string const& live_text, metadata const& live) {
    if (m_published.last_generation != live.generation) {
        m_published.last = ours().last_of(live.generation);
        m_published.last_generation = live.generation;
    }
    if (!m_published.last)
        return outlook_facts::list_of_live::none;
    auto const text = without_mark(live_text, live);
    bool const same = m_published.last->path == metadata::path && m_published.last->size == text.size() &&
                      m_published.last->sha256 == sha256_of(text);
    return same ? outlook_facts::list_of_live::matches : outlook_facts::list_of_live::differs;
}

void recorder::write_state(feed_state const& state) {
    std::vector<staged_file> files{m_held->stage.write(state_text(state), ours().state_path())};
    m_held->stage.make_durable(files);
    m_held->publish.publish(std::move(files));
    m_published.state = state;
}

// When nothing can be listed, that is all there is to remember: until a list says so.
void recorder::append(std::vector<ahead_entry> const& entries) {
    if (off())
        return;
    if (m_found.says.complete)
        m_ahead.append(entries);
    else if (!std::exchange(m_making.doubts_told, true))
        m_ahead.append({entry(ahead_entry::kind::anything, "*")});
}

void recorder::add_ahead(std::vector<staged_file> const& files) {
    std::vector<ahead_entry> entries;
    entries.reserve(files.size());
    for (auto const& f : files)
        add_old_twins(f, entries);
    for (auto const& f : files)
        entries.push_back({ahead_entry::kind::changed, {f.target, f.size, f.sha256.value_or(sha256_digest{})}});
    append(entries);
}

void recorder::look_later(std::string const& path) {
    if (!is_fit(path))
        return; // outside of the tree, or private
    append({entry(ahead_entry::kind::looked_at, path)});
    sync_ahead();
}

void recorder::sync_ahead() const {
    if (!off())
        m_ahead.sync();
}

void recorder::hash_soon(staged_file const& file) {
    if (!m_found.says.complete || off() || file.sha256)
        return;
    auto const work = [this, file] {
        return sha256_of(m_held->stage.open(file).fd(), m_held->stage.full(file.name)).sha256;
    };
    m_making.hashes[file.name] = std::async(std::launch::async, work).share();
}

sha256_digest recorder::digest_of(staged_file const& f) const {
    if (f.sha256)
        return *f.sha256;
    if (auto const found = m_making.hashes.find(f.name); found != m_making.hashes.end())
        return found->second.get();
    return sha256_of(m_held->stage.open(f).fd(), m_held->stage.full(f.name)).sha256;
}

void recorder::begin_end(last_step end) {
    if (off())
        return;
    m_making.end = std::move(end);
    std::vector<ahead_entry> entries;
    for (auto const* files : {&m_making.end.profiles, &m_making.end.files})
        for (auto const& f : *files)
            add_old_twins(f, entries);
    for (auto const& f : m_making.end.profiles)
        entries.push_back({ahead_entry::kind::changed, {f.target, f.size, digest_of(f)}});
    for (auto const& f : m_making.end.files)
        entries.push_back(entry(ahead_entry::kind::looked_at, f.target));
    for (auto const& path : m_making.end.removals)
        entries.push_back(entry(ahead_entry::kind::removed, path));
    append(entries);
    auto const generation = m_making.end.says.generation;
    m_making.next = {generation,
                     m_found.says.complete && m_published.state
                         ? ours().oldest_kept(m_published.state->oldest, generation, m_config->feed.retention)
                         : generation,
                     m_making.end.says.export_date(), m_making.end.twins};
    m_making.next_state = m_held->stage.write(state_text(m_making.next), ours().state_path());
}

std::vector<late_file> recorder::owed_to_disk() {
    if (off())
        return {};
    std::vector<late_file> owed;
    owed.push_back({[this] { return write_list(); }, [this] { return m_held->stage.full(m_making.list->name); }});
    if (m_ahead.end() > m_found.ahead)
        owed.push_back({[this] { return m_ahead.duplicate(); }, [this] { return m_ahead.path(); }});
    owed.push_back({[this] { return m_held->stage.open(*m_making.next_state); },
                    [this] { return m_held->stage.full(m_making.next_state->name); }});
    return owed;
}

file recorder::write_list() {
    change_list head;
    head.generation = m_making.end.says.generation;
    head.previous = m_found.live;
    head.export_date = m_making.end.says.export_date();
    head.version = m_making.end.says.version;
    head.complete = m_found.says.complete;
    head.reason = m_found.says.reason;
    m_making.end.metadata.sha256 = digest_of(m_making.end.metadata);
    auto out = m_held->stage.begin(ours().path_of(head.generation));
    list_writer list{head, [&](std::string_view bytes) { out.append(bytes); }};
    if (head.complete)
        compose({m_held->files, *m_config, m_making.end, m_ahead, m_found.ahead, m_found.left,
                 [this](staged_file const& f) { return digest_of(f); }},
                list);
    else
        list.changed({m_making.end.metadata.target, m_making.end.metadata.size, *m_making.end.metadata.sha256});
    list.end();
    m_making.list = out.finish();
    return m_held->stage.open(*m_making.list);
}

std::vector<staged_file> recorder::list() const {
    return m_making.list ? std::vector{*m_making.list} : std::vector<staged_file>{};
}

void recorder::finish() {
    if (off())
        return;
    m_held->publish.put(*m_making.next_state);
    m_ahead.clear();
    m_published.last =
        listed_file{m_making.end.metadata.target, m_making.end.metadata.size, digest_of(m_making.end.metadata)};
    m_published.last_generation = m_making.next.generation;
    forget_old(std::exchange(m_published.state, m_making.next).value_or(m_making.next));
}

void recorder::forget_old(feed_state const& before) {
    if (!m_published.swept || !m_found.says.complete)
        ours().forget_all_but(m_making.next.oldest, m_making.next.generation);
    else
        for (auto old = before.oldest; old < m_making.next.oldest; ++old)
            ours().forget(old);
    if (!m_published.swept || !m_found.says.complete)
        others().forget_everything();
    m_published.swept = true;
}

std::filesystem::path recorder::newest_list() const {
    return m_published.state ? m_held->files.full(ours().path_of(m_published.state->generation))
                             : std::filesystem::path{};
}

} // namespace notes_export::feed
