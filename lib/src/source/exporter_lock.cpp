#include "source/exporter_lock.hpp"

#include "pause.hpp"

#include <chrono>
#include <limits>
#include <mutex>
#include <random>

namespace notes_export {

namespace {

// The session of a predecessor that was killed a moment ago may still be ending.
constexpr std::chrono::seconds patience{5};
constexpr int shortest_pause = 50; // milliseconds; different ones part two that begin at once
constexpr int longest_pause = 150;
constexpr int most_family_keys = 8;
constexpr std::size_t most_told = 100;

int any_number(int from, int to) {
    static std::mutex mutex;
    static std::random_device random;
    std::scoped_lock const lock{mutex};
    return std::uniform_int_distribution<int>{from, to}(random);
}

/// Names that strangers choose, on one line.
std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
            c = '?';
    return text;
}

} // namespace

void exporter_lock::take(pg::connection& writer, std::unique_ptr<pg::connection> keeper, std::stop_token const& stop) {
    forget();
    m_writer = &writer;
    m_keeper = std::move(keeper);
    for (auto const deadline = std::chrono::steady_clock::now() + patience;;) {
        auto rival = find_rival(false); // who is at work is not disturbed by a key of ours
        if (!rival) {
            bool const taken = take_a_key();
            rival = find_rival(true);
            if (taken && !rival)
                return;
            if (taken)
                give_back();
        }
        if (std::chrono::steady_clock::now() > deadline)
            throw lock_held{rival.value_or("every key that was tried of the lock of schema \"" + m_statements.schema() +
                                           "\" is held by somebody")};
        pause(stop, std::chrono::milliseconds{any_number(shortest_pause, longest_pause)});
    }
}

bool exporter_lock::take_a_key() {
    if (take_key(m_statements.main_key()))
        return true;
    for (int i = 0; i < most_family_keys; ++i)
        if (take_key(m_statements.family_key(any_number(0, std::numeric_limits<int>::max()))))
            return true;
    return false;
}

bool exporter_lock::take_key(advisory_key const& key) {
    constexpr std::string_view purpose = "take the advisory lock";
    if (m_keeper && !m_transaction) {
        m_transaction.emplace(*m_keeper, purpose, "ISOLATION LEVEL READ COMMITTED");
        m_keeper->query(purpose, "SET LOCAL idle_in_transaction_session_timeout = 0");
    }
    bool const taken = holder().query(purpose, lock_statements::take(key, m_keeper != nullptr)).boolean(0, 0);
    if (taken)
        m_key = key;
    return taken;
}

void exporter_lock::give_back() {
    if (m_keeper)
        m_transaction.reset();
    else
        holder().query("give the advisory lock back", lock_statements::give_back(*m_key));
    m_key.reset();
}

// Asked in the session that holds our key, which is not among the others then.
std::optional<std::string> exporter_lock::find_rival(bool tell_others) {
    constexpr std::string_view purpose = "name the lock's holders";
    if (!holder().query(purpose, m_statements.others_hold()).boolean(0, 0))
        return std::nullopt;
    if (m_keeper) // within a transaction the list of sessions stays as it was read first
        m_keeper->query(purpose, "SELECT pg_catalog.pg_stat_clear_snapshot()");
    auto const holders = holder().query(purpose, m_statements.holders());
    for (int i = 0; tell_others && i < holders.rows(); ++i)
        if (!holders.boolean(i, 4))
            tell(holders, i);
    if (holders.empty() || !holders.boolean(0, 4))
        return std::nullopt;
    return "another exporter serves schema \"" + m_statements.schema() +
           "\" of this database: " + one_line(holders.text(0, 2)) + " (backend " + holders.text(0, 0) + ", role \"" +
           one_line(holders.text(0, 1)) + "\", client " + holders.text(0, 3) + ")";
}

void exporter_lock::tell(pg::result const& holders, int i) {
    auto const role = one_line(holders.text(i, 1));
    if (m_told.size() >= most_told || !m_told.insert(role).second)
        return;
    bool const prepared = holders.text(i, 0) == "0";
    m_warnings.push_back("role \"" + role + "\" holds an advisory lock of the exporter of schema \"" +
                         m_statements.schema() + "\" but may not export, so it is ignored (" +
                         (prepared ? "prepared transaction \"" : "backend " + holders.text(i, 0) + ", application \"") +
                         one_line(holders.text(i, 2)) + "\"; an administrator can end it with " +
                         (prepared ? "ROLLBACK PREPARED)" : "pg_terminate_backend)"));
}

void exporter_lock::require() {
    constexpr std::string_view purpose = "check the advisory lock";
    auto const held = m_key ? std::optional{holder().query(purpose, m_statements.is_held(*m_key))} : std::nullopt;
    if (!held || !held->boolean(0, 0))
        throw database_error{std::string{purpose} + ": it is no longer ours, so nothing may be published", "", true};
    auto const rival = held->boolean(0, 1) ? find_rival(false) : std::nullopt;
    if (rival)
        throw database_error{std::string{purpose} + ": nothing may be published, as " + *rival, "", true};
}

void exporter_lock::set_stop(std::stop_token const& stop, std::chrono::milliseconds grace) {
    if (m_keeper)
        m_keeper->set_stop(stop, grace);
}

void exporter_lock::forget() noexcept {
    if (m_transaction)
        m_transaction->leave();
    m_transaction.reset();
    m_keeper.reset();
    m_writer = nullptr;
    m_key.reset();
}

} // namespace notes_export
