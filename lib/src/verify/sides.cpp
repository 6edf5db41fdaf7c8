#include "verify/sides.hpp"

#include "document/metadata.hpp"
#include "document/schema_files.hpp"
#include "pause.hpp"
#include "publish/journal.hpp"
#include "publish/tree_lock.hpp"
#include "source/snapshot.hpp"

#include <cerrno>
#include <utility>

namespace notes_export {

namespace {

constexpr std::chrono::milliseconds look_again_after{100};

} // namespace

sides::sides(export_config const& c, std::stop_token s, progress_meter::listener p)
    : config{c},
      stop{std::move(s)},
      statements{c},
      database{config, statements},
      files{c.directory, false},
      schemas{schema_set::load(schema_files(c))},
      progress{std::move(p)},
      twins{c.twins, read_noted_twins(files.read(journal::twins_path, 256).value_or(""))} {
    database.set_stop(stop);
}

std::uint64_t sides::published_profiles(dataset const& d) const {
    auto const text = files.read(metadata::path);
    auto const live = text ? metadata::parse(*text) : std::nullopt;
    return live ? live->total(d.name) : 0;
}

sides::moment sides::now() const {
    auto const f = files.open_file(metadata::path);
    return f ? stamp_of(f.fd(), files.full(metadata::path)) : std::nullopt;
}

// Removals come after metadata.json: without the lock this could be the moment between.
sides::moment sides::settled() const {
    publishing_lock const lock{files, publishing_lock::kind::shared, stop};
    return now();
}

// A process that died in between leaves the same behind, which is no reason to wait.
bool sides::batches_follow() const {
    auto const text = files.read(metadata::path);
    auto const live = text ? metadata::parse(*text) : std::nullopt;
    return live && live->publishing > 0 && !tree_lock::holder(files).empty();
}

sides::moment sides::settled_between_batches() {
    for (; m_patience.count() > 0 && batches_follow(); m_patience -= look_again_after)
        pause(stop, look_again_after);
    return settled();
}

void sides::begin_snapshot() {
    database.end_snapshot();
    database.choose_read_server(); // what is published now may be newer than what a standby had a moment ago
    columns = begin_locked_snapshot(database, statements, &columns);
    database.require_read_server();
}

void sides::at_rest(std::function<void()> const& look) {
    for (int tries = 0; tries < most_tries; ++tries) {
        auto const before = settled_between_batches();
        begin_snapshot(); // not under the lock: it may have to wait for somebody's tables
        publishing_lock const lock{files, publishing_lock::kind::shared, stop};
        if (now() == before)
            return look();
    }
    give_up();
}

void sides::despite_lost_snapshots(std::function<void()> const& work) {
    for (;;) {
        try {
            return work();
        } catch (too_little_memory const&) {
            if (stop.stop_requested())
                throw;
        } catch (database_error const& e) {
            if (!database.standby_failed(e))
                throw;
        }
        database.reset();
    }
}

void sides::give_up() const {
    throw file_error("compare (something is published again and again meanwhile)", files.root(), EBUSY);
}

} // namespace notes_export
