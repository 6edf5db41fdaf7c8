#include "cycle/profile_pipeline.hpp"

#include "cycle/profile_worker.hpp"
#include "cycle/row_queue.hpp"
#include "files/in_parallel.hpp"

#include <algorithm>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

namespace notes_export {

namespace {

/// Opening one takes client and server as long as to export a hundred.
constexpr std::size_t rows_worth_a_session = 200;

/**
 * Carries the first failure of several threads to the one that waits for them.
 *
 * Thread: any.
 */
class first_failure {
public:
    /// The exception that is being handled.
    void keep() {
        std::scoped_lock const lock{m_mutex};
        if (!m_failure)
            m_failure = std::current_exception();
    }
    void rethrow() {
        std::scoped_lock const lock{m_mutex};
        if (m_failure)
            std::rethrow_exception(m_failure);
    }

private:
    std::mutex m_mutex;
    std::exception_ptr m_failure;
};

template <class Function>
void work(profile_worker& worker, row_queue& queue, std::stop_token const& stop, Function const& passed) {
    for (auto chunk = queue.take(worker.chunk_rows()); !chunk.empty(); chunk = queue.take(worker.chunk_rows())) {
        if (stop.stop_requested())
            throw cancelled{};
        worker.process(chunk);
        passed(chunk.size());
    }
}

// Progress is told on the calling thread, which is one of the workers.
void run_workers(std::span<work_row const> rows, std::deque<profile_worker>& workers, std::stop_token const& stop,
                 progress_meter* progress) {
    row_queue queue{rows, workers.size()};
    first_failure failure;
    auto try_work = [&](profile_worker& w) {
        try {
            work(w, queue, stop, [&](std::size_t done) {
                if (progress == nullptr)
                    return;
                progress->passed(done);
                if (&w == &workers.front())
                    progress->tell();
            });
        } catch (...) {
            failure.keep();
            queue.clear(); // the others stop at their next chunk
        }
    };
    {
        std::vector<std::jthread> threads; // when there are fewer than asked for, these do it all
        auto const start = [&] { threads.emplace_back(try_work, std::ref(workers[threads.size() + 1])); };
        while (threads.size() + 1 < workers.size() && starts_thread(start))
            ;
        try_work(workers.front());
    }
    failure.rethrow();
}

} // namespace

profile_pipeline::profile_pipeline(profile_surroundings around, dataset const& d)
    : m_around{std::move(around)},
      m_dataset{&d},
      m_layout{d.path},
      m_query{profile_query(m_around.statements, d, m_around.columns)} {}

std::vector<profile_outcome> profile_pipeline::run(std::span<work_row const> rows, profile_batch const& batch) {
    m_rows += rows.size();
    profile_job const job{m_around, *m_dataset, m_layout, m_query, batch};
    std::deque<profile_worker> workers;
    for (int i = 0, count = open_readers(rows.size()); i < count; ++i)
        workers.emplace_back(job, m_around.database.reader(i));
    run_workers(rows, workers, m_around.stop, m_around.progress);
    std::vector<profile_outcome> outcomes;
    for (auto& w : workers) {
        std::ranges::move(w.outcomes, std::back_inserter(outcomes));
        m_times.add(w.times);
    }
    return outcomes;
}

// One for each worker. A foreign server shares no snapshots.
int profile_pipeline::open_readers(std::size_t rows) const {
    auto const most = m_around.columns.reads().has_foreign_tables() ? 1 : m_around.workers;
    auto const chunks = (rows + row_queue::fewest_rows - 1) / row_queue::fewest_rows;
    return m_around.database.open_readers(
        static_cast<int>(std::clamp<std::size_t>(chunks, 1, static_cast<std::size_t>(most))),
        m_rows >= rows_worth_a_session);
}

} // namespace notes_export
