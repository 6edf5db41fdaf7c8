#pragma once

#include "publish/tree.hpp"

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

namespace notes_export {

/// A file that is there to be locked by flock(2). What was planted in its place is neither written to nor waited for.
namespace lock_file {

/// `flags` of open(2). An empty file when there is none; throws file_error when it is no regular file.
file open(tree const& t, std::string_view path, int flags, unsigned mode);
/// Made when missing.
file make(tree const& t, std::string_view path, unsigned mode);
/// With more names than one, writing to it would change what others call theirs.
bool has_one_name(file const& f, std::filesystem::path const& path);

/// While a lock is waited for: asked from time to time, false ends the wait.
using patience = std::function<bool()>;
/// false when the patience ended before the lock could be had. Throws cancelled when asked to stop.
bool wait(file const& f, int operation, std::filesystem::path const& path, patience const& go_on,
          std::stop_token const& stop);
patience for_at_most(std::chrono::milliseconds time);
bool try_lock(file const& f, int operation, std::filesystem::path const& path);

/// Who holds locks on it: "process 123 (git), process 124 (flock)", or "another process" where the system does not say.
std::string holders(file const& f, std::filesystem::path const& path);

} // namespace lock_file

} // namespace notes_export
