#include "cycle/marking.hpp"

#include <algorithm>

namespace notes_export {

marking::counts marking::of(dataset const& d) const {
    auto const found = m_counts.find(d.name);
    return found == m_counts.end() ? counts{} : found->second;
}

void marking::expect(rows_to_mark const& rows) {
    auto& watched = m_context->memory().marks_watched;
    bool const needed = std::ranges::any_of(
        rows, [](auto const& r) { return r.first->check == mark_check::reshaped && !r.second.empty(); });
    if (!needed || watched)
        return;
    m_context->tree().notes.begin_marking();
    watched = true;
}

void marking::count(marking_result const& done) {
    m_context->report.phases.add(phase::mark, done.time);
    for (auto const& [plan, rows, asked] : done.rows)
        count(*plan->set, rows, asked);
}

void marking::count(dataset const& d, marks const& done, std::size_t asked) {
    auto& total = m_counts[d.name];
    total.marked += done.marked;
    total.conflicts += asked - std::min(asked, done.marked);
    take_reshaped(d, done.reshaped);
}

void marking::mark(rows_to_mark&& rows) {
    expect(rows);
    for (auto& [plan, of_plan] : rows) {
        if (of_plan.empty())
            continue;
        std::ranges::sort(of_plan, {}, &work_row::key);
        count(*plan->set,
              mark_exported(m_context->parts.database, m_context->parts.statements, *plan->set, of_plan, plan->check),
              of_plan.size());
    }
}

void marking::take_reshaped(dataset const& d, std::vector<row_name> const& rows) {
    if (rows.empty())
        return;
    m_context->report.marks_changed_rows = true;
    for (auto* const again :
         {&m_look_again[d.name], &m_context->memory().look_again[d.name]}) // also when this cycle fails
        for (auto const& row : rows)
            again->insert(row.key);
    std::string names;
    for (auto const& name : m_seen->columns.reads().update_triggers(d.table))
        names += (names.empty() ? "" : ", ") + name;
    m_context->warn(d.table + ": marking changed " + std::to_string(rows.size()) + " rows, because of the trigger " +
                    names + "; they are exported again");
}

void marking::flag(dataset const& d, std::span<work_row const> rows) {
    auto& parts = m_context->parts;
    for (auto const& [row, version] : flag_pending(parts.database, parts.statements, d, rows))
        m_context->memory().refused.raise_version(d.name, row, version);
}

void marking::forget_log(std::vector<std::int64_t> const& lines) {
    auto& parts = m_context->parts;
    if (!lines.empty())
        parts.database.writer().query("forget served lines of json_export_log", parts.statements.forget_log(),
                                      {array_text(lines)});
}

// One that is configured later is exported as a whole.
void marking::forget_log_of_others() {
    auto& parts = m_context->parts;
    if (m_seen->columns.has_table("json_export_log"))
        parts.database.writer().query("forget lines of json_export_log that nobody serves",
                                      parts.statements.forget_log_of_others(), {parts.statements.names_in_log()});
}

// Somebody may hold that row: it is not waited for. Until it can be written, this process knows better.
void marking::record_generation() {
    auto const published = m_context->report.generation;
    if (!m_seen->columns.has_table("json_export_state") || m_seen->recorded == published)
        return;
    auto& unwritten = m_context->memory().state;
    auto const generation = std::to_string(published);
    auto const said = m_context->parts.database.writer().query(
        "update json_export_state", m_context->parts.statements.publish_state(), {generation});
    unwritten.database.reset();
    if (said.affected() > 0)
        return;
    if (!m_seen->recorded)
        return insert_state(generation);
    m_context->warn("json_export_state is held by somebody: the generation is recorded later");
    unwritten.database = identity();
}

std::string marking::identity() {
    if (!m_seen->identity.empty())
        return m_seen->identity;
    return m_context->parts.database.writer().query("identify the database", sql::database_identity()).text(0, 0);
}

void marking::insert_state(std::string const& generation) {
    try {
        m_context->parts.database.writer().query("make the row of json_export_state",
                                                 m_context->parts.statements.insert_state(), {generation});
    } catch (database_error const& e) {
        if (e.sqlstate() != "42501")
            throw;
        m_context->memory().state.cannot_be_made = true;
        m_context->warn(std::string{e.what()} + ": run install.sql again");
    }
}

} // namespace notes_export
