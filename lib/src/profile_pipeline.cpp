#include "profile_pipeline.hpp"

#include "stopwatch.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace notes_export {

namespace {

// Rows per query: many, as each costs the server about as much as ten rows, and few enough to hold some megabytes of
// documents of whatever size.
constexpr std::size_t first_chunk_rows = 32;
constexpr std::size_t most_chunk_rows = 512;
constexpr std::size_t chunk_bytes = 1'500'000;

/// Rows that wait for a worker.
class row_queue {
public:
    row_queue(std::span<work_row const> rows, std::size_t workers) : m_rest{rows}, m_workers{workers} {}

    /// At most so many rows, less towards the end, so that the workers end together. Empty when nothing is left.
    std::span<work_row const> take(std::size_t most) {
        std::scoped_lock const lock{m_mutex};
        auto const fair = std::max(m_rest.size() / (2 * m_workers), first_chunk_rows);
        auto const rows = m_rest.first(std::min({most, fair, m_rest.size()}));
        m_rest = m_rest.subspan(rows.size());
        return rows;
    }
    void clear() {
        std::scoped_lock const lock{m_mutex};
        m_rest = {};
    }

private:
    std::mutex m_mutex;
    std::span<work_row const> m_rest;
    std::size_t m_workers;
};

} // namespace

struct profile_pipeline::worker {
    worker(profile_pipeline const& p, int number) : m_pipeline{&p}, m_number{number}, m_document{p.m_query.document} {
        if (auto const s = p.m_context.schemas.find(p.m_dataset->profile_schema))
            m_checker.emplace(*s);
    }

    void process(std::span<work_row const> chunk) {
        auto const documents = read(chunk);
        m_document.bind(documents);
        std::size_t bytes = 0;
        std::unordered_map<std::int64_t, int> by_key;
        for (int i = 0; i < documents.rows(); ++i)
            by_key.emplace(documents.integer(i, 0), i);
        for (auto const& row : chunk) {
            auto const found = by_key.find(row.key);
            if (found == by_key.end())
                refuse_absent(row);
            else
                bytes += look_at(row, documents, found->second);
        }
        m_chunk_rows = std::clamp(chunk_bytes * chunk.size() / (bytes + 1), std::size_t{1}, most_chunk_rows);
    }

    std::size_t chunk_rows() const noexcept { return m_chunk_rows; }

    std::vector<profile_outcome> outcomes;
    phase_times times;

private:
    pg::result read(std::span<work_row const> chunk) {
        stopwatch const timing{times, phase::read};
        std::vector<std::int64_t> keys(chunk.size());
        std::ranges::transform(chunk, keys.begin(), &work_row::key);
        auto& c = m_pipeline->m_context.database.reader(m_number);
        return c.prepared("read profiles of " + m_pipeline->m_dataset->table, m_pipeline->m_query.text,
                          std::array<pg::param, 1>{array_text(keys)});
    }

    void render(pg::result const& documents, int i) {
        stopwatch const timing{times, phase::render};
        m_bytes.clear();
        m_document.append(m_bytes, documents, i);
        m_bytes += '\n';
    }

    /// Size of the document.
    std::size_t look_at(work_row const& row, pg::result const& documents, int i) {
        profile_outcome out;
        out.row = row;
        render(documents, i);
        auto path = m_pipeline->m_layout.of(row.id);
        bool const fresh = m_pipeline->m_batch->is_new(m_pipeline->m_layout, row.id);
        auto const live = fresh ? tree::comparison::missing : m_pipeline->m_context.files.compare(path, m_bytes);
        out.had_file = live != tree::comparison::missing;
        if (live != tree::comparison::equal) {
            out.name = documents.text(i, 1);
            decide(out, std::move(path), fresh);
        }
        outcomes.push_back(std::move(out));
        return m_bytes.size();
    }

    void decide(profile_outcome& out, std::string path, bool fresh) {
        if (auto refused = check()) {
            out.what = profile_outcome::kind::refused;
            out.why = std::move(*refused);
        } else if (m_pipeline->m_context.stage == nullptr) {
            out.what = profile_outcome::kind::drifted;
        } else {
            stopwatch const timing{times, phase::stage};
            out.what = profile_outcome::kind::staged;
            out.file = fresh ? m_pipeline->m_batch->fresh->write(m_bytes, std::move(path))
                             : m_pipeline->m_context.stage->write(m_bytes, std::move(path));
        }
    }

    std::optional<violation> check() {
        stopwatch const timing{times, phase::check};
        return m_checker ? m_checker->check(m_bytes) : std::nullopt;
    }

    // The datamart row is there, but the view that profiles come from leaves it out.
    void refuse_absent(work_row const& row) {
        profile_outcome out;
        out.row = row;
        out.what = profile_outcome::kind::refused;
        out.had_file = m_pipeline->m_context.files.exists(m_pipeline->m_layout.of(row.id));
        out.why = {.pointer = "",
                   .keyword = "row",
                   .detail = "the row is in " + m_pipeline->m_dataset->table + " but not in " +
                             m_pipeline->m_context.columns.source(*m_pipeline->m_dataset)};
        outcomes.push_back(std::move(out));
    }

    profile_pipeline const* m_pipeline;
    int m_number;
    row_json m_document;
    std::optional<schema_checker> m_checker;
    std::string m_bytes;
    std::size_t m_chunk_rows = first_chunk_rows;
};

profile_pipeline::profile_pipeline(context c, dataset const& d)
    : m_context{std::move(c)},
      m_dataset{&d},
      m_layout{d.path},
      m_query{profile_query(m_context.statements, d, m_context.columns)} {}

std::vector<profile_outcome> profile_pipeline::run(std::span<work_row const> rows, profile_batch const& batch) {
    m_batch = &batch;
    auto const chunks = (rows.size() + first_chunk_rows - 1) / first_chunk_rows;
    auto const count = m_context.database.open_readers(
        static_cast<int>(std::clamp<std::size_t>(chunks, 1, static_cast<std::size_t>(m_context.workers))));
    std::vector<worker> workers;
    for (int i = 0; i < count; ++i)
        workers.emplace_back(*this, i);
    run_workers(rows, workers);
    std::vector<profile_outcome> outcomes;
    for (auto& w : workers) {
        std::ranges::move(w.outcomes, std::back_inserter(outcomes));
        m_times.add(w.times);
    }
    return outcomes;
}

void profile_pipeline::run_workers(std::span<work_row const> rows, std::vector<worker>& workers) {
    row_queue queue{rows, workers.size()};
    std::exception_ptr failure;
    std::mutex failure_mutex;
    auto work = [&](worker& w) {
        try {
            for (auto chunk = queue.take(w.chunk_rows()); !chunk.empty(); chunk = queue.take(w.chunk_rows())) {
                if (m_context.stop.stop_requested())
                    throw cancelled{};
                w.process(chunk);
            }
        } catch (...) { // carried to the calling thread; the others stop at their next chunk
            std::scoped_lock const lock{failure_mutex};
            if (!failure)
                failure = std::current_exception();
            queue.clear();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < workers.size(); ++i)
            threads.emplace_back(work, std::ref(workers[i]));
        work(workers.front());
    }
    if (failure)
        std::rethrow_exception(failure);
}

} // namespace notes_export
