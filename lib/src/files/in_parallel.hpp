#pragma once

#include <cstddef>
#include <functional>

namespace notes_export {

/// Calls `start`, which begins a thread: false when the system has none to give now, by its limits or for want of
/// memory.
bool starts_thread(std::function<void()> const& start);

/// Calls `work` for each number below `count`, in their order, on at most so many threads, this one among them, and
/// returns when all is done. With fewer when the system gives no more. Throws what this thread met, else what one of
/// the others did; the others end first.
void in_parallel(std::size_t count, std::size_t most_threads, std::function<void(std::size_t)> const& work);

} // namespace notes_export
