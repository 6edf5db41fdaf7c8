#include "pause.hpp"

#include "notes_export/error.hpp"

#include <condition_variable>
#include <mutex>

namespace notes_export {

void pause(std::stop_token const& stop, std::chrono::milliseconds time) {
    std::mutex unused;
    std::unique_lock waiting{unused};
    std::condition_variable_any timer;
    timer.wait_for(waiting, stop, time, [] { return false; });
    if (stop.stop_requested())
        throw cancelled{};
}

} // namespace notes_export
