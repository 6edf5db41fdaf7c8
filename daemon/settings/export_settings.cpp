#include "settings/export_settings.hpp"

#include "settings/password_file.hpp"

#include <notes_export/host_name.hpp>

#include <limits>
#include <unistd.h>
#include <vector>

namespace exportd {

std::string application_name() {
    // 63 bytes is all that PostgreSQL keeps, and ": reader 2" follows.
    return "osm-notes-exportd " + notes_export::host_name().substr(0, 20) + ':' + std::to_string(::getpid());
}

notes_export::export_config to_export_config(settings const& s) {
    using std::chrono::duration_cast;
    using std::chrono::seconds;
    notes_export::export_config c;
    c.conninfo = s.database.conninfo;
    c.read_conninfo = s.database.read_conninfo;
    c.read_wait = s.database.read_wait;
    c.password = password_of(s.database.password_file);
    c.schema = s.database.schema;
    c.application_name = application_name();
    c.datasets = s.datasets;
    c.documents = s.documents;
    c.directory = s.output.directory;
    c.version_file = s.output.version_file;
    c.metadata_heartbeat = duration_cast<seconds>(s.output.metadata_heartbeat);
    c.twins = {s.output.precompress, s.output.gzip_level, s.output.brotli_level};
    c.full_interval = duration_cast<seconds>(s.schedule.full_interval);
    c.runs_retention = duration_cast<seconds>(s.database.runs_retention);
    c.feed = {s.feed.publish, duration_cast<seconds>(s.feed.retention)};
    c.workers = s.exporting.workers;
    c.batch_size = s.exporting.batch_size > 0 ? s.exporting.batch_size : std::numeric_limits<int>::max();
    c.index_max_size = s.exporting.index_max_size;
    c.validation = s.exporting.validation;
    c.schema_dir = s.exporting.schema_dir;
    return c;
}

} // namespace exportd
