#include "http/shown_url.hpp"
#include "mirror/counting_source.hpp"
#include "mirror/error.hpp"
#include "mirror/feed_watch.hpp"
#include "mirror/follower.hpp"
#include "mirror/make_mirror.hpp"
#include "mirror/our_paths.hpp"
#include "mirror/purger.hpp"
#include "mirror/state_keeper.hpp"
#include "mirror/waiting_changes.hpp"
#include "notes_export/error.hpp"
#include "notes_export/mirror.hpp"
#include "notes_export/mirrors.hpp"
#include "pause.hpp"
#include "publish/tree.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <utility>

namespace notes_export {

namespace {

using clock = std::chrono::steady_clock;
using mirror::follower;
using mirror::mirror_error;
using mirror::source_error;

// Asking it may take the network; that others change it is rare.
constexpr std::chrono::minutes between_looks_at_target{10};

std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// What the last process of this mirror knew of its target; nothing is in the state of none.
mirror_state known_of(export_config const& tree, mirror_config const& config) {
    auto const now = std::chrono::sys_seconds{std::chrono::seconds{unix_seconds()}};
    for (auto const& mirror : mirrors_of(tree_of_mirror_state(tree.directory, config), now).mirrors)
        if (mirror.said.name == config.name && mirror.said.url == http::shown_url(config.url))
            return mirror.said;
    return {};
}

mirror_state first_state(export_config const& tree, mirror_config const& config) {
    auto const known = known_of(tree, config);
    mirror_state state;
    state.generation = known.generation; // until it is looked at
    state.generation_time = known.generation_time;
    // Since when it is behind, or fails, is not a matter of processes: a timer starts one for each step.
    state.behind_since = known.behind_since;
    state.errors = known.errors;
    state.error = known.error;
    state.error_kind = known.error_kind;
    state.error_since = known.error_since;
    state.name = config.name;
    constexpr std::array words{"directory", "git", "s3"};
    state.kind = config.from.empty() ? words.at(static_cast<std::size_t>(config.kind)) : "pull";
    state.url = http::shown_url(config.url);
    return state;
}

/// What somebody has to do something about, and not a tree that moves on while it is read.
bool is_lasting(source_error const& e) {
    return e.kind() != "moved" && e.kind() != "moved_on";
}

follower::pace pace_of(mirror_config const& config) {
    follower::pace pace{.min_interval = config.min_interval};
    if (!config.from.empty())
        pace.look_again = config.poll_interval;
    return pace;
}

} // namespace

class mirroring::work {
public:
    work(export_config const& tree, mirror_config const& config, mirror_observer told)
        : m_first{first_state(tree, config)},
          m_ours{mirror::our_paths(tree, config, m_first.generation)},
          m_target{mirror::make_target(tree, config, m_ours)},
          m_source{mirror::make_source(tree, config, m_ours),
                   [this](auto files, auto expected) { at(files, expected); }},
          m_follower{pace_of(config)},
          m_purger{config},
          m_told{std::move(told)},
          m_state{
              tree_of_mirror_state(tree.directory, config), m_first, {.alive = m_told.alive, .silent = m_told.silent}} {
        if (config.from.empty())
            m_watch.emplace(tree.directory);
    }

    mirror_state state() const { return m_state.now(); }

    void follow(std::stop_token const& stop) {
        m_state.begin();
        try {
            while (!stop.stop_requested()) {
                auto const next = turn(stop);
                if (next.early && m_watch)
                    m_watch->wait(next.at, stop);
                else if (!next.step)
                    pause(stop, std::chrono::ceil<std::chrono::milliseconds>(next.at - clock::now()));
            }
        } catch (cancelled const&) { // as asked
        }
    }

    void once(std::stop_token const& stop) {
        m_state.begin();
        bring_up_to_date(stop);
        m_state.change([](mirror_state& s) { s.ended = unix_seconds(); });
    }

    std::vector<mirror_difference> verify(std::size_t at_most, std::stop_token const& stop) {
        std::vector<mirror_difference> all;
        for (auto& d : m_target->verify(m_source, at_most, stop))
            all.push_back({std::move(d.path), std::move(d.what)});
        return all;
    }

    /// A failed attempt at anything, told as the caller shall know it.
    void failed(mirror_failure const& e) {
        m_state.change([&](mirror_state& s) {
            ++s.errors;
            s.error = e.what();
            s.error_kind = e.kind();
            s.error_since = s.error_since == 0 ? unix_seconds() : s.error_since;
        });
    }

private:
    void bring_up_to_date(std::stop_token const& stop) {
        look_at_tree(stop);
        if (!m_seen.at.tree)
            throw mirror_failure{"no_tree", "nothing is published there yet: no change feed was found",
                                 "export once, with an exporter that writes the feed"};
        for (auto const goal = *m_seen.at.tree;;) {
            look_at_tree(stop);
            look_at_target(stop);
            if (m_seen.at.tree == m_seen.at.target)
                return;
            if (step_or_move(stop) && m_seen.at.target >= goal)
                return;
        }
    }

    follower::decision turn(std::stop_token const& stop) {
        try {
            look_at_tree(stop);
            if (m_seen.at.tree != m_seen.at.target || clock::now() >= m_seen.next_look_at_target)
                look_at_target(stop);
            m_seen.require_feed();
            auto const next = m_follower.next(m_seen.at, clock::now());
            if (next.step)
                step(stop);
            return next;
        } catch (cancelled const&) {
            throw;
        } catch (source_error const& e) {
            bool const lasting = is_lasting(e);
            if (!lasting && !m_follower.moved_on(clock::now(), chance()))
                return next_try();
            return try_again_after({e.kind(), e.what(), e.remedy()}, lasting);
        } catch (mirror_error const& e) {
            return try_again_after({e.kind(), e.what(), e.remedy()}, true);
        } catch (std::exception const& e) {
            return try_again_after({"error", e.what(), ""}, true);
        }
    }

    follower::decision try_again_after(mirror_failure const& e, bool wait_longer) {
        if (wait_longer)
            m_follower.failed(clock::now(), chance());
        m_seen.next_look_at_target = {}; // who knows what is there now
        failed(e);
        auto const next = next_try();
        if (m_told.failed)
            m_told.failed(e, std::chrono::ceil<std::chrono::milliseconds>(next.at - clock::now()));
        return next;
    }

    follower::decision next_try() { return m_follower.next(m_seen.at, clock::now()); }

    /// For once: false when the tree moved on. Throws when that lasts.
    bool step_or_move(std::stop_token const& stop) {
        try {
            step(stop);
            return true;
        } catch (source_error const& e) {
            if (is_lasting(e) || m_follower.moved_on(clock::now(), chance()))
                throw;
            auto const wait = next_try().at - clock::now();
            pause(stop, std::chrono::ceil<std::chrono::milliseconds>(std::max(wait, clock::duration{0})));
            return false;
        }
    }

    void look_at_tree(std::stop_token const& stop) {
        m_seen.tree = m_source.state(stop);
        m_seen.compare();
        m_state.touch();
    }

    void look_at_target(std::stop_token const& stop) {
        m_seen.target = m_target->read_cursor(stop);
        m_seen.next_look_at_target = clock::now() + between_looks_at_target;
        m_seen.compare();
        tell_position();
        if (m_seen.at.tree && !is_behind()) // what failed was done by somebody, or needs not be done any more
            forget_failure();
    }

    bool is_behind() const { return m_seen.at.tree && *m_seen.at.tree != m_seen.at.target; }

    void tell_position() {
        auto const said = m_state.now();
        bool const behind = is_behind();
        bool const same = said.generation == m_seen.at.target && said.tree_generation == m_seen.at.tree.value_or(0) &&
                          (said.behind_since != 0) == behind;
        if (same)
            return;
        m_state.change([&](mirror_state& s) {
            if (s.generation != m_seen.at.target)
                s.generation_time = unix_seconds();
            s.generation = m_seen.at.target;
            s.tree_generation = m_seen.at.tree.value_or(0);
            s.behind_since = !behind ? 0 : s.behind_since == 0 ? unix_seconds() : s.behind_since;
        });
    }

    void step(std::stop_token const& stop) {
        auto const begin = clock::now();
        m_follower.began(begin);
        auto const changes = mirror::waiting_changes(m_seen.target, m_seen.tree.value(), m_ours, [&](std::uint64_t g) {
            m_state.touch(); // over HTTP, thousands of lists take a while
            return m_source.changes(g, stop);
        });
        m_source.begin_step(changes.changed.size());
        auto const result = m_target->apply(changes, m_source, stop);
        m_seen.target = {result.generation, result.generation == changes.to ? changes.export_date : ""};
        m_seen.compare();
        m_follower.succeeded();
        succeeded();
        auto const purged = m_purger.after(result, stop);
        if (m_told.stepped)
            m_told.stepped({.from = changes.from,
                            .to = result.generation,
                            .everything = changes.everything,
                            .reason = changes.reason,
                            .written = result.written,
                            .removed = result.removed,
                            .bytes = result.bytes,
                            .purged = purged.purged,
                            .purge_error = purged.error,
                            .duration = std::chrono::ceil<std::chrono::milliseconds>(clock::now() - begin),
                            .warnings = result.warnings});
    }

    void succeeded() {
        m_state.change([](mirror_state& s) { ++s.steps; });
        forget_failure();
        tell_position();
    }

    void forget_failure() {
        auto const since = m_state.now().error_since;
        if (since == 0)
            return;
        m_state.change([](mirror_state& s) {
            s.error.clear();
            s.error_kind.clear();
            s.error_since = 0;
        });
        if (m_told.recovered)
            m_told.recovered(std::chrono::seconds{std::max<std::int64_t>(0, unix_seconds() - since)});
    }

    void at(std::uint64_t files, std::uint64_t expected) {
        m_state.touch();
        if (m_told.progress)
            m_told.progress(files, expected);
    }

    double chance() { return std::uniform_real_distribution<double>{0, 1}(m_random); }

    mirror_state m_first; ///< until it has looked
    published_paths m_ours;
    std::unique_ptr<mirror::target> m_target;
    mirror::counting_source m_source;
    std::optional<mirror::feed_watch> m_watch; ///< of a tree of this machine
    follower m_follower;
    mirror::purger m_purger;
    mirror_observer m_told;
    std::minstd_rand m_random{std::random_device{}()};

    /// What was seen of both sides.
    struct sight {
        std::optional<feed_state> tree;
        mirror::cursor target;
        follower::position at;
        clock::time_point next_look_at_target; ///< at once, first

        /// A generation of another past counts as none.
        void compare() {
            at.tree = tree ? std::optional{tree->generation} : std::nullopt;
            at.target = tree && mirror::has_another_past(target, *tree) ? 0 : target.generation;
        }

        /// That nothing is published yet is waited for; that a feed went away must be seen.
        void require_feed() const {
            if (!tree && target.generation != 0)
                throw source_error{"no_feed",
                                   "the tree has no change feed any more, so that nothing tells what changed in it",
                                   "let its exporter write one: [feed] retention of more than 0"};
        }
    } m_seen;
    mirror::state_keeper m_state; ///< last: its thread ends first
};

mirroring::mirroring(export_config const& tree, mirror_config const& config, mirror_observer observer)
    : m_work{std::make_unique<work>(tree, config, std::move(observer))} {}

mirroring::~mirroring() = default;

mirror_state mirroring::state() const {
    return m_work->state();
}

void mirroring::follow(std::stop_token const& stop) {
    m_work->follow(stop);
}

namespace {

/// Failures come out as those of the public header.
template <class Action>
auto translated(Action const& action) {
    try {
        return action();
    } catch (mirror_error const& e) {
        throw mirror_failure{e.kind(), e.what(), e.remedy()};
    }
}

} // namespace

void mirroring::once(std::stop_token const& stop) {
    try {
        translated([&] { m_work->once(stop); });
    } catch (mirror_failure const& e) {
        m_work->failed(e);
        throw;
    }
}

std::vector<mirror_difference> mirroring::verify(std::size_t at_most, std::stop_token const& stop) {
    return translated([&] { return m_work->verify(at_most, stop); });
}

} // namespace notes_export
