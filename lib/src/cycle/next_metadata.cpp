#include "cycle/next_metadata.hpp"

#include "schema/schema.hpp"

namespace notes_export {

namespace {

bool says_the_same(situation const& seen, metadata const& next) {
    auto const& live = seen.live;
    // Its bytes as well: what else is in it, or how it is laid out, is ours too.
    return live && live->text() == seen.live_text && live->totals == next.totals && live->version == next.version &&
           live->data_schema_hash == next.data_schema_hash && live->generation > 0 &&
           seen.recorded.value_or(0) <= live->generation &&
           next.export_timestamp >= live->export_timestamp; // a date to come is a clock's mistake
}

bool heartbeat_is_due(cycle_context const& c, situation const& seen) {
    auto const interval = c.config().metadata_heartbeat.count();
    return interval > 0 && seen.live && c.now() - seen.live->export_timestamp >= interval;
}

void require_valid(schema_set const& schemas, std::string const& metadata_text) {
    std::string const file{metadata::schema_file};
    auto const s = schemas.find(file);
    if (auto const refused = s ? schema_checker{*s}.check(metadata_text) : std::nullopt)
        throw validation_error{"metadata.json does not fit " + file + ": " +
                                   refusal_text(refused->keyword, refused->pointer, refused->detail),
                               file};
}

} // namespace

std::optional<metadata> next_metadata(cycle_context const& c, situation const& seen, tree_facts const& facts) {
    metadata next;
    next.export_timestamp = c.now(); // whatever was before: only the generation tells what is newer
    next.totals = facts.totals;
    next.version = facts.version;
    next.data_schema_hash = seen.columns.schema_hash();
    next.generation = seen.next_generation();
    bool const wanted = facts.has_files || facts.unfinished || seen.feed_begins || heartbeat_is_due(c, seen);
    return wanted || !says_the_same(seen, next) ? std::optional{std::move(next)} : std::nullopt;
}

std::optional<staged_metadata> stage_metadata(cycle_context& c, situation const& seen, tree_facts const& facts) {
    auto next = next_metadata(c, seen, facts);
    c.report.version = facts.version;
    c.report.generation = next ? next->generation : seen.live->generation;
    if (!next)
        return std::nullopt;
    auto const text = next->text();
    require_valid(c.parts.schemas, text);
    c.report.bytes_written += text.size();
    return staged_metadata{c.tree().stage.write(text, std::string{metadata::path}), std::move(*next)};
}

} // namespace notes_export
