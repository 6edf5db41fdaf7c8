#include "listen/session_opener.hpp"

#include <notes_export/error.hpp>

#include <exception>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>

namespace exportd {

namespace {

opening_result open_now(notes_export::session_request const& request, std::string const& sql, std::stop_token stop) {
    try {
        auto opened = notes_export::open_session(request, sql, std::move(stop));
        return {std::move(opened.connection), opened.direct, "", ""};
    } catch (notes_export::database_error const& e) {
        return {nullptr, false, e.what(), e.sqlstate()};
    } catch (std::exception const& e) {
        return {nullptr, false, e.what(), ""};
    }
}

} // namespace

/// Shared by the opener and the thread; the io_context may be gone when the thread comes back.
struct session_opener::attempt {
    std::mutex mutex;
    std::stop_source stop;
    std::function<void(opening_result)> done; ///< empty: nobody waits
};

void session_opener::deliver(asio::io_context& io, std::shared_ptr<attempt> const& a, opening_result opened) {
    std::lock_guard const lock{a->mutex};
    if (!a->done)
        return;
    asio::post(io, [a, opened = std::move(opened)]() mutable {
        if (auto const wanted = std::exchange(a->done, {}))
            wanted(std::move(opened));
    });
}

void session_opener::open(notes_export::session_request request, std::string sql,
                          std::function<void(opening_result)> done) {
    cancel();
    m_attempt = std::make_shared<attempt>();
    m_attempt->done = std::move(done);
    auto work = [&io = m_io, a = m_attempt, request = std::move(request), sql = std::move(sql)] {
        deliver(io, a, open_now(request, sql, a->stop.get_token()));
    };
    try {
        std::thread{std::move(work)}.detach();
    } catch (std::system_error const& e) { // no more threads: as good as no connection
        deliver(m_io, m_attempt, {nullptr, false, e.what(), ""});
    }
}

void session_opener::cancel() {
    auto const a = std::exchange(m_attempt, nullptr); // lives until its mutex is unlocked
    if (!a)
        return;
    a->stop.request_stop();
    std::lock_guard const lock{a->mutex};
    a->done = {};
}

} // namespace exportd
