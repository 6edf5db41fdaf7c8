#include "cycle/row_documents.hpp"

#include "cycle/stopwatch.hpp"
#include "document/document_query.hpp"
#include "schema/schema.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace notes_export {

namespace {

bool is_known(cycle_context& c, document const& d, std::string const& reason) {
    auto const before = c.memory().refused_documents.find(d.path);
    return before != c.memory().refused_documents.end() && before->second == reason;
}

// The report has it for as long as it lasts.
void refuse(cycle_context& c, document const& d, std::string const& reason, bool tell) {
    if (tell)
        c.warn(reason + "; the file stays as it is");
    c.memory().refused_documents[d.path] = reason;
    c.report.refused_documents.push_back({d.path, reason});
}

// Nothing else may end because this one row cannot be read.
std::optional<pg::result> read_row(cycle_context& c, situation const& seen, document const& d) {
    auto& reader = *seen.reader;
    reader.set_savepoint();
    try {
        auto const columns = with_columns(d, c.config().datasets, seen.columns);
        return reader.prepared("read row of " + d.table, c.parts.statements.row_document(columns),
                               std::array<pg::param, 1>{std::to_string(d.key)});
    } catch (database_error const& e) {
        if (!pg::is_of_a_row(e))
            throw;
        reader.back_to_savepoint();
        auto const reason = d.path + ": " + e.what();
        refuse(c, d, reason, !is_known(c, d, reason));
        return std::nullopt;
    }
}

// Why the text may not be published; "" when it may.
std::string refusal_of(cycle_context const& c, document const& d, std::string const& text) {
    auto const s = c.parts.schemas.find(d.schema);
    auto const refused = s ? schema_checker{*s}.check(text) : std::nullopt;
    return refused ? d.path + " does not fit " + d.schema + ": " +
                         refusal_text(refused->keyword, refused->pointer, refused->detail)
                   : "";
}

bool may_be_published(cycle_context& c, document const& d, std::string const& text) {
    auto const reason = refusal_of(c, d, text);
    if (reason.empty())
        return true;
    if (c.config().validation == validation_mode::strict)
        throw validation_error{reason, d.schema};
    bool const news = !is_known(c, d, reason);
    if (news)
        ++c.report.validation_failures[d.schema];
    refuse(c, d, reason, news);
    return false;
}

std::optional<std::string> render(cycle_context& c, situation const& seen, document const& d) {
    auto const row = read_row(c, seen, d);
    if (!row)
        return std::nullopt;
    if (row->rows() != 1) {
        auto const reason = not_one_row(d, *row);
        refuse(c, d, reason, row->empty() ? c.full() : !is_known(c, d, reason));
        return std::nullopt;
    }
    return row->text(0, 0) + '\n';
}

/// Nothing: there is none, it may not be published, or it is published already.
std::optional<std::string> new_text(cycle_context& c, situation const& seen, document const& d) {
    auto text = render(c, seen, d);
    if (!text)
        return std::nullopt;
    bool const published = c.tree().files.compare(d.path, *text) == tree::comparison::equal;
    if (!published && !may_be_published(c, d, *text))
        return std::nullopt;
    c.memory().refused_documents.erase(d.path);
    return published ? std::nullopt : std::move(text);
}

} // namespace

std::string not_one_row(document const& d, pg::result const& rows) {
    return d.path + ": " + d.table + (rows.empty() ? " has no row with " : " has several rows with ") + d.key_column +
           " = " + std::to_string(d.key);
}

std::vector<staged_file> stage_row_documents(cycle_context& c, situation const& seen) {
    stopwatch const timing{c.report.phases, phase::index};
    std::vector<staged_file> staged;
    for (auto const& d : c.config().documents) {
        auto const text = new_text(c, seen, d);
        if (!text)
            continue;
        staged.push_back(c.tree().stage.write(*text, d.path));
        c.report.bytes_written += text->size();
    }
    return staged;
}

} // namespace notes_export
