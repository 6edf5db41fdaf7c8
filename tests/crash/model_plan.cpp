#include "crash/model_plan.hpp"

#include <iterator>

namespace model {

namespace {

constexpr int chosen_steps = 4;
constexpr int chosen_weight = 5; ///< together about as often as what the ETL does

std::string as_literal(std::string const& name) {
    return "'" + name + "'";
}

} // namespace

std::optional<std::string> scene::one_of(std::string const& sql) {
    auto const all = m_episode.writer(m_session).values(sql);
    auto const n = m_random();
    return all.empty() ? std::nullopt : std::optional{all[n % all.size()]};
}

std::int64_t scene::unused() {
    return 100'000'000 + static_cast<std::int64_t>(m_random() % 1'000'000'000);
}

std::optional<std::string> scene::user_key() {
    return one_of("SELECT dimension_user_id FROM dwh.datamartusers ORDER BY 1");
}

std::optional<std::string> scene::user_id() {
    return one_of("SELECT DISTINCT user_id FROM dwh.datamartusers WHERE user_id >= 1 ORDER BY 1");
}

std::optional<std::string> scene::country_id() {
    return one_of("SELECT DISTINCT country_id FROM dwh.datamartcountries WHERE country_id >= 1 ORDER BY 1");
}

bool scene::exists(std::string const& relation) {
    return value("SELECT to_regclass(" + as_literal(relation) + ")").has_value();
}

std::string without_view(std::string const& sql) {
    return "SELECT model.take_view(); " + sql + "; SELECT model.put_view()";
}

std::string refill(std::string const& table, std::string const& from, std::string const& values,
                   std::string const& where) {
    return "INSERT INTO dwh." + table + " SELECT made.* FROM " + from + " m, LATERAL json_populate_record(NULL::dwh." +
           table + ", (to_jsonb(m) || jsonb_build_object(" + values + "))::json) AS made WHERE " + where;
}

plan::plan(episode& e, std::uint64_t seed) : m_episode{e}, m_random{seed} {
    for (auto const& steps : {row_steps(), odd_row_steps(), table_steps(), column_steps(), view_steps(), own_steps()})
        m_all.insert(m_all.end(), steps.begin(), steps.end());
}

void plan::begin_round() {
    m_chosen = row_steps();
    for (int i = 0; i < chosen_steps; ++i)
        m_chosen.insert(m_chosen.end(), chosen_weight, m_all[m_random() % m_all.size()]);
}

actions plan::next() {
    int const session = draw(episode::writers);
    int const what = draw(100);
    if (m_episode.writer(session).spoiled())
        return {{.session = session, .text = "ROLLBACK"}};
    if (what < 15)
        return program_action();
    if (what < 45)
        return transaction_action(session);
    return step_of(session);
}

actions plan::program_action() {
    int const what = draw(100);
    if (what < 55)
        return {{.what = action::kind::cycle}};
    if (what < 80)
        return {{.what = action::kind::kill_program, .ms = draw(120)}};
    if (what < 90)
        return {{.what = action::kind::terminate, .ms = draw(4)}};
    if (what < 97)
        return {{.what = action::kind::terminate_writer, .session = draw(episode::writers)}};
    return {{.what = action::kind::crash_server}};
}

actions plan::transaction_action(int session) {
    auto const sql = [session](std::string text) { return actions{{.session = session, .text = std::move(text)}}; };
    int const what = draw(100);
    if (!m_episode.writer(session).in_transaction()) {
        if (!m_later.empty() && what < 50) {
            auto text = m_later.front();
            m_later.erase(m_later.begin());
            return sql(std::move(text));
        }
        return sql(what < 80 ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ");
    }
    if (what < 55)
        return sql("COMMIT");
    if (what < 70)
        return sql("ROLLBACK");
    if (what < 80)
        return sql("SAVEPOINT s");
    if (what < 92)
        return sql(what < 86 ? "ROLLBACK TO SAVEPOINT s" : "RELEASE SAVEPOINT s");
    return sql("PREPARE TRANSACTION 'p" + std::to_string(m_prepared++) + "'");
}

actions plan::step_of(int session) {
    auto const& chosen = m_chosen[m_random() % m_chosen.size()];
    if (chosen.alone && m_episode.writer(session).in_transaction())
        return {};
    return written(chosen, session);
}

actions plan::written(step const& one, int session) {
    scene here{m_episode, session, std::mt19937_64{m_random()}, m_later};
    actions all;
    for (auto& text : one.write(here))
        all.push_back(text.starts_with("$ ") ? action{.what = action::kind::script, .text = text.substr(2)}
                                             : action{.session = session, .text = std::move(text)});
    return all;
}

actions plan::alone(step const& one) {
    auto all = written(one, 0);
    if (all.empty())
        return all;
    if (!m_later.empty())
        all.push_back({.what = action::kind::cycle});
    add_later(all);
    all.push_back({.what = action::kind::quiet});
    return all;
}

// These must succeed.
void plan::add_later(actions& all) {
    if (m_later.empty())
        return;
    all.push_back({.session = 1, .text = "SET lock_timeout = '20s'"});
    for (auto& text : m_later)
        all.push_back({.session = 1, .text = std::move(text)});
    all.push_back({.session = 1, .text = "SET lock_timeout = '250ms'"});
    m_later.clear();
}

actions plan::settle() {
    actions all;
    for (int session = 0; session < episode::writers; ++session)
        if (m_episode.writer(session).in_transaction())
            all.push_back({.session = session, .text = draw(100) < 80 ? "COMMIT" : "ROLLBACK"});
    for (auto const& name : m_episode.writer(0).spoiled()
                                ? std::vector<std::string>{}
                                : m_episode.writer(0).values("SELECT gid FROM pg_prepared_xacts"
                                                             " WHERE database = current_database() ORDER BY gid"))
        all.push_back(
            {.session = 0, .text = (draw(100) < 70 ? "COMMIT PREPARED '" : "ROLLBACK PREPARED '") + name + "'"});
    add_later(all);
    all.push_back({.what = action::kind::quiet});
    return all;
}

} // namespace model
