#pragma once

#include "log/record.hpp"

#include <string>

namespace exportd::logging {

/// `2026-11-22T16:00:00.123Z INFO  message event=name key=value "quoted when needed"`, without a newline.
/// for_journal leaves out the time, which the journal adds itself.
std::string render_text(record const&, bool for_journal);

/// One JSON object in ASCII, without a newline.
std::string render_json(record const&);

} // namespace exportd::logging
