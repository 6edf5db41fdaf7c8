#include "cycle/render.hpp"

#include "cycle/planned_profiles.hpp"
#include "cycle/profile_pipeline.hpp"
#include "cycle/stopwatch.hpp"

#include <algorithm>
#include <map>

namespace notes_export {

namespace {

// While the tree has no metadata.json it promises its readers nothing yet, so that profiles may come in small batches:
// disk, file system and database then work beside the rendering, and not after it.
constexpr std::size_t first_export_batch = 2500;

// Fewer files are put on disk one by one, with the directories that they need.
constexpr std::size_t worth_whole_directories = 200;

/// The rows of one dataset on their way to staging.
class rendering {
public:
    rendering(cycle_context& c, situation const& seen, dataset_plan const& plan, tree_publication& publication)
        : m_context{&c}, m_seen{&seen}, m_plan{&plan}, m_publication{&publication}, m_planned{c, seen, plan} {}

    rendered_profiles run() {
        for (auto const& row : m_plan->rows.without_profile)
            set_aside(row);
        for (auto const& row : m_plan->rows.keyless)
            refuse(row, {"", "/" + set().key_column, "key", set().table + '.' + set().key_column + " is NULL"});
        m_context->progress.passed(m_plan->rows.without_profile.size() + m_plan->rows.keyless.size());
        render();
        report_multiplied();
        return std::move(m_result);
    }

private:
    struct refusal {
        std::string name, pointer, keyword, detail;
    };
    dataset const& set() const noexcept { return *m_plan->set; }
    quarantine& refused() const noexcept { return m_context->memory().refused; }

    void set_aside(work_row const& row) {
        refused().release(set().name, row.name());
        if (row.pending)
            m_publication->mark_later(*m_plan, row);
    }

    void render();
    bool is_batch_full(std::size_t wanted) const;
    void take(profile_outcome&& outcome);
    void mark_later(work_row const& row);
    void take_twins(profile_outcome& outcome);
    void stage(profile_outcome&& outcome);
    void refuse(work_row const& row, refusal why);
    void report_multiplied() const;

    cycle_context* m_context;
    situation const* m_seen;
    dataset_plan const* m_plan;
    tree_publication* m_publication;
    planned_profiles m_planned;
    rendered_profiles m_result;
    std::map<std::int64_t, std::size_t> m_multiplied; ///< keys that the source of the profiles gives several times
};

void rendering::render() {
    auto& parts = m_context->parts;
    bool const looks = m_context->only_looks();
    profile_pipeline pipeline{{parts.database, parts.statements, m_seen->columns, parts.held->files,
                               looks ? nullptr : &parts.held->stage, parts.schemas, parts.config.workers,
                               m_context->stop, &parts.oversized, &m_context->progress, m_seen->twins},
                              set()};
    std::span<work_row const> rest{m_plan->rows.profiles};
    bool const may_be_new = !m_seen->live || rest.size() > worth_whole_directories;
    auto const wanted = batch_rows(parts.config, !m_seen->live);
    while (!rest.empty()) {
        auto const rows =
            may_be_new ? whole_branches(rest, wanted, m_plan->layout) : rest.first(std::min(wanted, rest.size()));
        rest = rest.subspan(rows.size());
        if (may_be_new && !looks)
            m_publication->expect(m_plan->layout, rows);
        for (auto& outcome : pipeline.run(rows, m_publication->staged()))
            take(std::move(outcome));
        if (!rest.empty() && !looks && is_batch_full(wanted))
            m_publication->flush(); // the last batch goes with the indexes
    }
    m_context->report.phases.add(pipeline.times());
}

bool rendering::is_batch_full(std::size_t wanted) const {
    auto const& staged = m_publication->staged();
    std::size_t marks = 0;
    for (auto const& [plan, rows] : staged.rows)
        marks = plan == m_plan ? rows.size() : marks;
    auto const with_twins = staged.twins.size() / std::max<std::size_t>(m_seen->twins.make.kinds.count(), 1);
    return std::max({staged.profiles.size(), with_twins, marks}) >= wanted;
}

void rendering::take(profile_outcome&& outcome) {
    auto const& row = outcome.row;
    if (outcome.documents > 1 && !m_plan->exceptions.doubled.contains(row.id))
        m_multiplied.emplace(row.key, outcome.documents);
    if (outcome.what == profile_outcome::kind::refused)
        return refuse(row, {std::move(outcome.name), std::move(outcome.why.pointer), std::move(outcome.why.keyword),
                            std::move(outcome.why.detail)});
    if (row.pending && refused().holds(set().name, row.name(), row.version))
        ++m_result.pending; // a refusal is not counted, but this one has ended
    refused().release(set().name, row.name());
    mark_later(row);
    take_twins(outcome);
    if (outcome.what == profile_outcome::kind::equal) {
        ++m_result.unchanged;
        return;
    }
    ++m_result.exported;
    m_result.created += outcome.had_file ? 0 : 1;
    if (outcome.what == profile_outcome::kind::drifted)
        m_result.twins += m_planned.tell(outcome);
    else
        stage(std::move(outcome));
}

// A further row of a profile's key is marked with it.
void rendering::mark_later(work_row const& row) {
    if (row.pending)
        m_publication->mark_later(*m_plan, row);
    if (auto const further = m_plan->rows.with_profile.find(row.id); further != m_plan->rows.with_profile.end())
        for (auto const& other : further->second)
            m_publication->mark_later(*m_plan, other);
}

void rendering::take_twins(profile_outcome& outcome) {
    auto& report = m_context->report;
    m_result.twins += outcome.twins.size();
    for (auto& twin : outcome.twins) {
        report.bytes_written += twin.size;
        if (m_context->only_looks())
            m_planned.tell_file(twin.target);
        else
            m_publication->add_twin(std::move(twin));
    }
}

void rendering::stage(profile_outcome&& outcome) {
    m_context->report.bytes_written += outcome.file.size;
    m_publication->add({std::move(outcome.file), m_plan, outcome.row.id, std::move(outcome.name)});
}

void rendering::refuse(work_row const& row, refusal why) {
    if (m_context->config().validation == validation_mode::strict)
        throw validation_error{set().singular + ' ' + std::to_string(row.id) + " does not fit " + set().profile_schema +
                                   ": " + refusal_text(why.keyword, why.pointer, why.detail),
                               set().profile_schema};
    bool const known = refused().holds(set().name, row.name(), row.version);
    quarantined_row entry{set().name,
                          row.id,
                          row.key,
                          row.version,
                          std::move(why.name),
                          std::move(why.pointer),
                          std::move(why.keyword),
                          std::move(why.detail)};
    if (!known) {
        m_context->report.quarantined.push_back(entry);
        ++m_context->report.validation_failures[set().profile_schema];
    }
    refused().add(std::move(entry));
    if (row.pending)
        m_result.pending -= known ? 0 : 1; // it is not counted already
    else if (row.key != no_key && m_seen->columns.reads().has_versions(set().table))
        m_result.to_flag.push_back(row);
}

void rendering::report_multiplied() const {
    if (m_multiplied.empty())
        return;
    auto const& [key, documents] = *m_multiplied.begin();
    m_context->warn(
        m_seen->columns.source(set()) + " gives " + std::to_string(documents) + " rows for " + set().key_column +
        " = " + std::to_string(key) +
        (m_multiplied.size() > 1 ? ", and several for " + std::to_string(m_multiplied.size() - 1) + " more" : "") +
        ": is a key of a table that is joined not unique? One of them is published");
}

} // namespace

rendered_profiles render_profiles(cycle_context& c, situation const& seen, dataset_plan const& plan,
                                  tree_publication& publication) {
    return rendering{c, seen, plan, publication}.run();
}

std::size_t rows_to_render(dataset_plan const& plan) noexcept {
    return plan.rows.profiles.size() + plan.rows.without_profile.size() + plan.rows.keyless.size();
}

std::span<work_row const> whole_branches(std::span<work_row const> rows, std::size_t wanted,
                                         entity_path const& layout) {
    auto end = std::min(wanted, rows.size());
    auto const branch = [&](std::size_t i) { return layout.branch_number(rows[i].id); };
    while (end > 0 && end < std::min(2 * wanted, rows.size()) && branch(end) == branch(end - 1))
        ++end;
    return rows.first(end);
}

std::size_t batch_rows(export_config const& config, bool first_export) noexcept {
    auto const wanted = static_cast<std::size_t>(config.batch_size);
    bool const whole = !first_export || config.validation == validation_mode::strict;
    return whole ? wanted : std::min(wanted, first_export_batch);
}

} // namespace notes_export
