#include "cycle/situation.hpp"

#include "pause.hpp"
#include "source/install_version.hpp"

namespace notes_export {

namespace {

constexpr std::chrono::milliseconds look_again{200};

// Of a view, only its definition is in a fingerprint.
std::string fact_of_view(sql const& statements, dataset const& d) {
    return "definition of " + statements.schema() + '.' + d.view;
}

std::string vanished_view(cycle_context const& c, situation const& seen) {
    for (auto const& d : c.config().datasets)
        if (!d.view.empty() && !seen.columns.has_relation(d.view) &&
            seen.sources.has(fact_of_view(c.parts.statements, d)))
            return d.view;
    return "";
}

// The warehouse drops its view and makes it again, not always in one transaction. What is published meanwhile would be
// other documents for everybody, so it is given some time.
void begin_snapshot(cycle_context& c, situation& seen) {
    auto& database = c.parts.database;
    auto const deadline = std::chrono::steady_clock::now() + c.config().view_grace;
    for (;;) {
        seen.columns = begin_locked_snapshot(database, c.parts.statements, &c.memory().columns);
        auto const gone = vanished_view(c, seen);
        if (gone.empty())
            break;
        if (std::chrono::steady_clock::now() >= deadline) {
            c.warn("view " + gone + " is gone: profiles are made from the table");
            break;
        }
        database.end_snapshot();
        pause(c.stop, look_again);
    }
    seen.reader = &database.reader(0);
}

void tell_once(cycle_context& c, std::string text) {
    if (c.memory().remarks.insert(text).second)
        c.warn(std::move(text));
}

void tell_remarks(cycle_context& c, catalog const& columns) {
    for (auto& text : columns.remarks())
        tell_once(c, std::move(text));
}

std::optional<std::uint64_t> recorded_generation(cycle_context& c, situation const& seen) {
    if (!seen.columns.has_table("json_export_state"))
        return std::nullopt;
    auto const state = seen.reader->prepared("read json_export_state", c.parts.statements.state(), {});
    if (state.empty())
        return std::nullopt;
    if (auto const remark = remark_on_version(state.integer(0, 1)))
        tell_once(c, remark->text + ": " + remark->remedy);
    return static_cast<std::uint64_t>(state.integer(0, 0));
}

// A tree that was seen to have none, and is not given any, is not asked again.
twin_plan plan_twins(cycle_context const& c) {
    twin_plan plan{c.config().twins, {}};
    auto& memory = c.memory();
    if (memory.without_twins && !memory.tree_replaced && !plan.makes_any())
        return plan;
    plan.recorded = read_noted_twins(c.tree().notes.twins().value_or(""));
    memory.without_twins = plan.ours().none();
    return plan;
}

index_plan plan_indexes(cycle_context const& c) {
    return {shard::index_note{c.config().datasets}, shard::index_note::parse(c.tree().notes.indexes().value_or(""))};
}

void look_at_feed(cycle_context& c, situation& seen) {
    if (!c.parts.feed)
        return;
    bool const less = seen.files.less_than_before() || (seen.clears_former && !seen.files.former().empty());
    auto const& outlook = c.parts.feed->begin(seen.live_text, seen.live, seen.recorded.value_or(0), less);
    seen.newest_listed = outlook.newest;
    seen.feed_begins = !outlook.complete && !c.parts.feed->off() && seen.live && seen.live->generation > 0;
}

} // namespace

situation look_around(cycle_context& c) {
    situation seen;
    c.parts.database.set_stop(c.stop);
    if (!c.only_looks())
        c.parts.database.writer(); // and with it the lock
    c.parts.database.choose_read_server();
    seen.sources = fingerprint::parse(c.tree().notes.sources().value_or(""));
    begin_snapshot(c, seen);
    c.parts.database.require_read_server();
    tell_remarks(c, seen.columns);
    seen.digests = read_digests(*seen.reader, seen.columns.reads());
    seen.live_text = c.tree().files.read(metadata::path).value_or("");
    seen.live = metadata::parse(seen.live_text);
    seen.recorded = recorded_generation(c, seen);
    seen.twins = plan_twins(c);
    seen.files = noted_files{c.config(), c.tree().notes.files().value_or("")};
    seen.clears_former = c.request.full && c.request.allow_shrink && !c.request.only;
    seen.indexes = plan_indexes(c);
    look_at_feed(c, seen);
    if (seen.columns.has_table("json_export_log"))
        seen.log = read_export_log(*seen.reader, c.parts.statements);
    if (seen.unfinished() || c.memory().state.database)
        identify_database(c, seen);
    return seen;
}

// A standby does not tell its timeline while it may be another one than the primary's; and it is the primary that is
// marked.
void identify_database(cycle_context& c, situation& seen) {
    if (!seen.identity.empty())
        return;
    auto& database = c.parts.database;
    auto& asked = database.reads_from_standby() ? database.primary() : *seen.reader;
    seen.identity = asked.prepared("identify the database", sql::database_identity(), {}).text(0, 0);
}

} // namespace notes_export
