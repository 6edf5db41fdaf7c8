#include "notes_export/session.hpp"

#include "pg/connection.hpp"
#include "pg/error.hpp"

#include <libpq-fe.h>
#include <sys/socket.h>

namespace notes_export {

void finish_session::operator()(pg_conn* c) const noexcept {
    PQfinish(c);
}

void abandon(session& s) noexcept {
    if (s)
        ::shutdown(PQsocket(s.get()), SHUT_RDWR);
    s.reset();
}

opened_session open_session(session_request const& request, std::string const& sql, std::stop_token stop) {
    pg::connection c{request, std::move(stop)};
    c.query(request.purpose, sql);
    bool const direct = !c.pooled();
    return {std::move(c).release(), direct};
}

database_error session_error(std::string_view purpose, pg_conn const* c, pg_result const* r) {
    return pg::make_error(purpose, c, r);
}

} // namespace notes_export
