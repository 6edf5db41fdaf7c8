#pragma once

#include <cstddef>
#include <functional>

namespace notes_export {

/// Calls `work` for each number below `count`, in their order, on at most so many threads, this one among them, and
/// returns when all is done. Throws what this thread met, else what one of the others did; the others end first.
void in_parallel(std::size_t count, std::size_t most_threads, std::function<void(std::size_t)> const& work);

} // namespace notes_export
