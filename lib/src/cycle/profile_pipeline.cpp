#include "cycle/profile_pipeline.hpp"

#include "index/entry.hpp"
#include "cycle/quarantine.hpp"
#include "cycle/stopwatch.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <unordered_map>

namespace notes_export {

namespace {

// Rows per query: many, as each costs the server about as much as ten rows, and few enough to hold some megabytes of
// documents of whatever size.
constexpr std::size_t first_chunk_rows = 32;
constexpr std::size_t most_chunk_rows = 512;
constexpr std::size_t chunk_bytes = 1'500'000;

constexpr char const* no_memory = "not enough memory for the row";

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
        m_bytes_read = 0;
        std::vector<work_row> together;
        std::vector<work_row> alone;
        for (auto const& row : chunk)
            switch (m_pipeline->m_context.oversized->of(m_pipeline->m_dataset->name, row)) {
            case oversized_rows::advice::any:
                together.push_back(row);
                break;
            case oversized_rows::advice::alone:
                alone.push_back(row);
                break;
            case oversized_rows::advice::never:
                refuse(row, unreadable_keyword, no_memory);
            }
        if (!together.empty())
            read(together);
        for (auto const& row : alone)
            read({&row, 1});
        m_chunk_rows = std::clamp(chunk_bytes * chunk.size() / (m_bytes_read + 1), std::size_t{1}, most_chunk_rows);
    }

    std::size_t chunk_rows() const noexcept { return m_chunk_rows; }

    std::vector<profile_outcome> outcomes;
    phase_times times;

private:
    // A row that the server cannot give, or that does not fit into memory, ends the whole answer: the others are read
    // without it.
    void read(std::span<work_row const> chunk) {
        auto const begin = outcomes.size();
        try {
            read_all(chunk);
        } catch (database_error const& e) {
            if (pg::is_for_want_of_memory(e)) {
                m_pipeline->m_context.oversized->failed(m_pipeline->m_dataset->name, chunk);
                throw too_little_memory{e};
            }
            if (!pg::is_of_a_row(e))
                throw;
            read_parts(chunk, begin, e.what());
        } catch (std::bad_alloc const&) {
            read_parts(chunk, begin, no_memory);
        }
    }

    void read_parts(std::span<work_row const> chunk, std::size_t begin, std::string_view why) {
        session().back_to_savepoint();
        discard(begin);
        if (chunk.size() == 1)
            return refuse(chunk.front(), unreadable_keyword, std::string{why});
        read(chunk.first(chunk.size() / 2));
        read(chunk.subspan(chunk.size() / 2));
    }

    void discard(std::size_t begin) {
        for (auto i = begin; i < outcomes.size(); ++i)
            discard(outcomes[i]);
        outcomes.resize(begin);
    }
    void discard(profile_outcome const& out) const {
        if (out.what == profile_outcome::kind::staged)
            m_pipeline->m_context.stage->discard(out.file);
    }

    void read_all(std::span<work_row const> chunk) {
        std::unordered_map<std::int64_t, std::vector<waiting_row>> waiting;
        std::vector<std::int64_t> keys;
        for (auto const& row : chunk) {
            keys.push_back(row.key);
            waiting[row.key].push_back({row, npos});
        }
        session().set_savepoint();
        std::vector<work_row> several;
        auto begin = std::chrono::steady_clock::now();
        bool bound = false;
        auto take = [&](pg::result const& one) {
            times.add(phase::read, std::chrono::steady_clock::now() - begin);
            if (!std::exchange(bound, true))
                m_document.bind(one);
            if (auto* const w = find(waiting, one); w != nullptr)
                take_document(*w, one, several);
            begin = std::chrono::steady_clock::now();
        };
        auto const purpose = "read profiles of " + m_pipeline->m_dataset->table;
        session().stream(purpose, m_pipeline->m_query.text, std::array<pg::param, 1>{array_text(keys)}, take);
        times.add(phase::read, std::chrono::steady_clock::now() - begin);
        for (auto const& [key, rows] : waiting)
            for (auto const& w : rows)
                if (w.outcome == npos)
                    refuse_absent(w.row);
        for (auto const& row : several)
            choose(row);
    }

    struct waiting_row {
        work_row row;
        std::size_t outcome; ///< its number, once it is there
    };

    static waiting_row* find(std::unordered_map<std::int64_t, std::vector<waiting_row>>& waiting,
                             pg::result const& document) {
        auto const rows = waiting.find(document.integer(0, 0));
        if (rows == waiting.end() || document.null(0, 1))
            return nullptr;
        auto const found = std::ranges::find(rows->second, document.integer(0, 1),
                                             [](waiting_row const& w) { return w.row.id; });
        return found == rows->second.end() ? nullptr : &*found;
    }

    void take_document(waiting_row& w, pg::result const& document, std::vector<work_row>& several) {
        if (w.outcome != npos) {
            if (++outcomes[w.outcome].documents == 2)
                several.push_back(w.row);
            return;
        }
        w.outcome = outcomes.size();
        look_at(w.row, render(document), document.text(0, 2));
    }

    /// Gives the document's own id.
    std::string_view render(pg::result const& document) {
        stopwatch const timing{times, phase::render};
        m_bytes.clear();
        auto const id = m_document.append(m_bytes, document, 0);
        auto const begin = id.empty() ? 0 : static_cast<std::size_t>(id.data() - m_bytes.data());
        auto const length = id.size();
        m_bytes += '\n'; // which may move them
        return std::string_view{m_bytes}.substr(begin, length);
    }

    void look_at(work_row const& row, std::string_view own_id, std::string name) {
        profile_outcome out;
        out.row = row;
        if (own_id != std::to_string(row.id)) {
            out.name = std::move(name);
            return refuse(std::move(out), "identity",
                          "the document is of " + m_pipeline->m_dataset->id_column + ' ' +
                              (own_id.empty() ? "nobody" : std::string{own_id}) + ", its row of " +
                              std::to_string(row.id));
        }
        auto path = m_pipeline->m_layout.of(row.id);
        bool const fresh = m_pipeline->m_batch->is_new(m_pipeline->m_layout, row.id);
        auto const live = fresh ? tree::comparison::missing : m_pipeline->m_context.files.compare(path, m_bytes);
        out.had_file = live != tree::comparison::missing;
        if (live != tree::comparison::equal) {
            out.name = std::move(name);
            decide(out, std::move(path), fresh);
        }
        outcomes.push_back(std::move(out));
        m_bytes_read += m_bytes.size();
    }

    // The document whose index entry, and then whose bytes, come last: the index chooses the same way, and so does
    // every later cycle.
    void choose(work_row const& row) {
        auto const first = std::ranges::find_if(outcomes, [&](auto const& out) { return out.row.name() == row.name(); });
        auto const documents = first->documents;
        discard(*first);
        outcomes.erase(first);
        std::pair<std::string, std::string> best;
        std::string id, name;
        auto take = [&](pg::result const& one) {
            if (one.null(0, 1) || one.integer(0, 1) != row.id)
                return;
            auto const own_id = std::string{render(one)};
            std::pair now{entry_from_profile(m_bytes, *m_pipeline->m_dataset).value_or(""), m_bytes};
            if (now > best) {
                best = std::move(now);
                id = own_id;
                name = one.text(0, 2);
            }
        };
        session().stream("choose a profile of " + m_pipeline->m_dataset->table, m_pipeline->m_query.text,
                         std::array<pg::param, 1>{array_text(std::array{row.key})}, take);
        m_bytes = best.second;
        look_at(row, id, std::move(name));
        outcomes.back().documents = documents;
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
        refuse(row, "row",
               "the row is in " + m_pipeline->m_dataset->table + " but not in " +
                   m_pipeline->m_context.columns.source(*m_pipeline->m_dataset));
    }

    void refuse(work_row const& row, std::string_view keyword, std::string detail) {
        profile_outcome out;
        out.row = row;
        refuse(std::move(out), keyword, std::move(detail));
    }

    void refuse(profile_outcome&& out, std::string_view keyword, std::string detail) {
        out.what = profile_outcome::kind::refused;
        out.had_file = m_pipeline->m_context.files.exists(m_pipeline->m_layout.of(out.row.id));
        out.why = {.pointer = "", .keyword = std::string{keyword}, .detail = std::move(detail)};
        outcomes.push_back(std::move(out));
    }

    pg::connection& session() { return m_pipeline->m_context.database.reader(m_number); }

    static constexpr auto npos = static_cast<std::size_t>(-1);

    profile_pipeline const* m_pipeline;
    int m_number;
    row_json m_document;
    std::optional<schema_checker> m_checker;
    std::string m_bytes;
    std::size_t m_bytes_read = 0; ///< of the chunk at hand
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
        static_cast<int>(std::clamp<std::size_t>(chunks, 1, static_cast<std::size_t>(most_workers()))));
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

// A foreign server shares no snapshots.
int profile_pipeline::most_workers() const {
    return m_context.columns.reads().has_foreign_tables() ? 1 : m_context.workers;
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
