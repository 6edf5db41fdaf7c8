#pragma once

#include "crash/model_action.hpp"
#include "crash/model_episode.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace model {

/// What a step may look at and draw from when it is written down as SQL.
class scene {
public:
    scene(episode& e, int session, std::mt19937_64 random, std::vector<std::string>& later)
        : m_episode{e}, m_session{session}, m_random{random}, m_later{later} {}

    model::shape const& shape() const { return m_episode.shape(); }
    int draw(int n) { return static_cast<int>(m_random() % static_cast<unsigned>(n)); }
    template <class T>
    T const& pick(std::vector<T> const& all) {
        return all[m_random() % all.size()];
    }
    std::optional<std::string> value(std::string const& sql) { return m_episode.writer(m_session).value(sql); }
    /// One of the values of a query; it must order its rows.
    std::optional<std::string> one_of(std::string const& sql);
    /// A value that nobody has yet.
    std::int64_t unused();
    /// A second part, in a transaction of its own, at the latest before all is left in peace.
    void later(std::string sql) { m_later.push_back(std::move(sql)); }

    std::optional<std::string> user_key();
    std::optional<std::string> user_id();
    std::optional<std::string> country_id();
    bool exists(std::string const& relation);

private:
    episode& m_episode;
    int m_session;
    std::mt19937_64 m_random;
    std::vector<std::string>& m_later;
};

/// The same SQL while the export view, which would be in the way, is not there.
std::string without_view(std::string const& sql);
/// Copies rows m of a table of schema model into one of the warehouse, whatever columns that has by now; some values
/// are given as the arguments of json_build_object.
std::string refill(std::string const& table, std::string const& from, std::string const& values,
                   std::string const& where);

/// One thing that a writer may do: statements, or none when there is nothing to do it to.
struct step {
    char const* name;
    bool alone; ///< not inside of somebody's transaction
    std::function<std::vector<std::string>(scene&)> write;
};

std::vector<step> row_steps();     ///< what the ETL and its operators do with rows
std::vector<step> odd_row_steps(); ///< rows that should not be
std::vector<step> table_steps();   ///< tables that are emptied, replaced, rebuilt
std::vector<step> column_steps();  ///< columns and types that change
std::vector<step> view_steps();    ///< the export view, tables of names
std::vector<step> own_steps();     ///< what install.sql made is used, or meddled with

/// Draws the next actions, from the seed and from what is there.
class plan {
public:
    plan(episode& e, std::uint64_t seed);

    /// Some kinds of steps are in it and others are not, so that a rare one is not drowned by those that make the
    /// program export everything.
    void begin_round();
    actions next();
    /// One step by itself, with a cycle between its parts: what a kind of step does wrong shows in the shortest way.
    actions alone(step const& one);
    std::vector<step> const& all_steps() const noexcept { return m_all; }
    /// Ends what is open: afterwards nothing is half done.
    actions settle();

private:
    actions step_of(int session);
    actions written(step const& one, int session);
    void add_later(actions& all);
    actions program_action();
    actions transaction_action(int session);
    int draw(int n) { return static_cast<int>(m_random() % static_cast<unsigned>(n)); }

    episode& m_episode;
    std::mt19937_64 m_random;
    std::vector<step> m_all;
    std::vector<step> m_chosen;
    std::vector<std::string> m_later;
    int m_prepared = 0;
};

} // namespace model
