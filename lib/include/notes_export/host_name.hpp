#pragma once

#include <string>

namespace notes_export {

/// What this machine calls itself, whole; sessions, locks and recorded runs are signed with it. "unknown" where it has
/// no name. Thread: any.
std::string host_name();

} // namespace notes_export
