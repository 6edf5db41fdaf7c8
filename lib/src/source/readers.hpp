#pragma once

#include "pg/connection.hpp"
#include "source/admission.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace notes_export {

/**
 * Sessions that read one snapshot of the database together. One is needed; further ones make it faster.
 *
 * Throws  database_error, cancelled.
 * Thread  the owner's; at(i) may be used by one other thread each between open() and end_snapshot().
 */
class readers {
public:
    explicit readers(admission& a) noexcept : m_admission{&a} {}
    readers(readers const&) = delete;
    readers& operator=(readers const&) = delete;

    /// From now on sessions are opened by that one; those of another are closed.
    void use(admission& a) noexcept;
    /// at(0), which is opened when it is not there; in no transaction.
    pg::connection& first();
    /// Begins the REPEATABLE READ READ ONLY snapshot on at(0).
    pg::connection& begin_snapshot();
    /// Lets readers 1..count-1 read the same snapshot, or fewer: how many readers there are. Sessions that are not
    /// there are opened when they are worth it.
    int open(int count, bool worth_new_sessions);
    pg::connection& at(int i) { return *m_readers.at(static_cast<std::size_t>(i)).connection; }
    /// A reader that is in no transaction, nullptr when there is none.
    pg::connection* idle();
    /// One of them was lost, or its transaction met an error.
    bool any_failed() const noexcept;
    void end_snapshot();

    /// For all that are open.
    void set_stop(std::stop_token const& stop, std::chrono::milliseconds grace);
    /// Closes them; nothing is waited for.
    void leave() noexcept;

private:
    struct reader {
        std::unique_ptr<pg::connection> connection;
        std::optional<pg::transaction> transaction;

        bool is_usable() const noexcept { return connection && connection->healthy(); }
    };
    reader& get(std::size_t i);
    void begin(reader& r, std::string_view shared_snapshot);
    bool join_snapshot(int i, bool by_new_session);

    admission* m_admission;
    std::deque<reader> m_readers;
    std::string m_snapshot; ///< "" until it is shared
};

} // namespace notes_export
