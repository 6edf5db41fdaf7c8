#include "profile_pipeline.hpp"

#include "stopwatch.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace notes_export {

namespace {

// Rows per query: enough to hide the round trip, few enough to keep 100 KB documents in a few megabytes.
constexpr std::size_t chunk_rows = 64;

} // namespace

struct profile_pipeline::worker {
    worker(profile_pipeline const& p, int number) : m_pipeline{&p}, m_number{number}, m_document{p.m_query.document} {
        if (auto const s = p.m_context.schemas.find(p.m_dataset->profile_schema))
            m_checker.emplace(*s);
    }

    void process(std::span<work_row const> chunk) {
        auto const documents = read(chunk);
        m_document.bind(documents);
        std::unordered_map<std::int64_t, int> by_key;
        for (int i = 0; i < documents.rows(); ++i)
            by_key.emplace(documents.integer(i, 0), i);
        for (auto const& row : chunk) {
            auto const found = by_key.find(row.key);
            if (found == by_key.end())
                refuse_absent(row);
            else
                look_at(row, documents, found->second);
        }
    }

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

    void look_at(work_row const& row, pg::result const& documents, int i) {
        profile_outcome out;
        out.row = row;
        render(documents, i);
        auto path = m_pipeline->m_layout.of(row.id);
        auto const live = m_pipeline->m_context.files.compare(path, m_bytes);
        out.had_file = live != tree::comparison::missing;
        if (live != tree::comparison::equal) {
            out.name = documents.text(i, 1);
            decide(out, std::move(path));
        }
        outcomes.push_back(std::move(out));
    }

    void decide(profile_outcome& out, std::string path) {
        if (auto refused = check()) {
            out.what = profile_outcome::kind::refused;
            out.why = std::move(*refused);
        } else if (m_pipeline->m_context.stage == nullptr) {
            out.what = profile_outcome::kind::drifted;
        } else {
            stopwatch const timing{times, phase::stage};
            out.what = profile_outcome::kind::staged;
            out.file = m_pipeline->m_context.stage->write(m_bytes, std::move(path));
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
};

profile_pipeline::profile_pipeline(context c, dataset const& d)
    : m_context{std::move(c)},
      m_dataset{&d},
      m_layout{d.path},
      m_query{profile_query(m_context.statements, d, m_context.columns)} {}

std::vector<profile_outcome> profile_pipeline::run(std::span<work_row const> rows) {
    auto const chunks = (rows.size() + chunk_rows - 1) / chunk_rows;
    auto const count =
        static_cast<int>(std::clamp<std::size_t>(chunks, 1, static_cast<std::size_t>(m_context.workers)));
    m_context.database.open_readers(count);
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
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_mutex;
    auto work = [&](worker& w) {
        try {
            for (auto begin = next.fetch_add(chunk_rows); begin < rows.size(); begin = next.fetch_add(chunk_rows)) {
                if (m_context.stop.stop_requested())
                    throw cancelled{};
                w.process(rows.subspan(begin, std::min(chunk_rows, rows.size() - begin)));
            }
        } catch (...) { // carried to the calling thread; the others stop at their next chunk
            std::scoped_lock const lock{failure_mutex};
            if (!failure)
                failure = std::current_exception();
            next = rows.size();
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
