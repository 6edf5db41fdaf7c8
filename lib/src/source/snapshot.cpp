#include "source/snapshot.hpp"

#include <algorithm>

namespace notes_export {

namespace {

constexpr int most_tries = 5;

std::string name_blockers(pg::connection& reader, sql const& statements, std::vector<std::string> const& relations) {
    auto const rows = reader.query("find out who holds the tables", statements.lock_blockers(relations));
    std::string text;
    for (int i = 0; i < rows.rows(); ++i)
        text += (text.empty() ? "" : ", ") + std::string{"backend "} + rows.text(i, 0) + " (user " + rows.text(i, 1) +
                ", application \"" + rows.text(i, 2) + "\", " + rows.text(i, 3) + ")";
    return text.empty() ? "somebody who is gone by now" : text;
}

// false when one of them is not there any more, or something else has its name.
bool lock_tables(sessions& database, pg::connection& reader, sql const& statements,
                 std::vector<std::string> const& relations, std::string_view purpose) {
    if (relations.empty())
        return true;
    try {
        reader.query(purpose, statements.lock_for_reading(relations));
        return true;
    } catch (database_error const& e) {
        if (e.sqlstate() == "42P01" || e.sqlstate() == "42809")
            return false;
        if (e.sqlstate() != "55P03")
            throw;
        throw database_error{std::string{e.what()} + ": the tables are held by " +
                                 name_blockers(database.begin_snapshot(), statements, relations),
                             e.sqlstate(), false};
    }
}

} // namespace

catalog begin_locked_snapshot(sessions& database, sql const& statements, catalog const* earlier) {
    constexpr std::string_view purpose = "lock tables for reading";
    auto names = earlier == nullptr ? std::vector<std::string>{} : earlier->lockable();
    for (int tries = 0; tries < most_tries; ++tries) {
        auto& reader = database.begin_snapshot();
        if (names.empty() || !lock_tables(database, reader, statements, names, purpose)) {
            names = catalog::lockable(database.begin_snapshot(), statements);
            if (!lock_tables(database, database.begin_snapshot(), statements, names, purpose))
                continue;
        }
        auto found = catalog::read(database.reader(0), statements, earlier);
        if (found.lockable() == names)
            return found;
        names = found.lockable();
    }
    throw database_error{std::string{purpose} + ": they are replaced again and again", "", false};
}

row_digests read_digests(pg::connection& reader, sources const& from) {
    row_digests digests;
    for (auto const& relation : from.unwatched())
        digests.emplace(relation.name,
                        reader.query("look for changed rows of " + relation.name, relation.digest).text(0, 0));
    return digests;
}

} // namespace notes_export
