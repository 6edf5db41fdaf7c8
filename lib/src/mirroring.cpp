#include "notes_export/mirroring.hpp"

#include "mirror/error.hpp"
#include "mirror/feed_watch.hpp"
#include "mirror/first_state.hpp"
#include "mirror/follower.hpp"
#include "mirror/make_mirror.hpp"
#include "mirror/our_paths.hpp"
#include "mirror/purger.hpp"
#include "mirror/sight.hpp"
#include "mirror/source/counting_source.hpp"
#include "mirror/told_state.hpp"
#include "mirror/waiting_changes.hpp"
#include "notes_export/error.hpp"
#include "pause.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

namespace notes_export {

namespace {

using clock = std::chrono::steady_clock;
using mirror::follower;
using mirror::tree_moved_on;

follower::pace pace_of(mirror_config const& config) {
    follower::pace pace{.min_interval = config.min_interval};
    if (!config.from.empty())
        pace.look_again = config.poll_interval;
    return pace;
}

} // namespace

class mirroring::work {
public:
    work(export_config const& tree, mirror_config const& config, mirror_state const& first, mirror_observer told)
        : m_tree{tree},
          m_config{config},
          m_ours{mirror::our_paths(tree, config, first.generation)},
          m_target{mirror::make_target(tree, config, m_ours)},
          m_source{mirror::make_source(tree, config, m_ours),
                   [this](auto files, auto expected) { at(files, expected); }},
          m_follower{pace_of(config)},
          m_purger{config},
          m_told{std::move(told)},
          m_state{tree_of_mirror_state(tree.directory, config), first, m_told} {
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
        m_state.ended();
    }

    std::vector<mirror_difference> verify(std::size_t at_most, std::stop_token const& stop) {
        std::vector<mirror_difference> all;
        for (auto& d : m_target->verify(m_source, at_most, stop))
            all.push_back({std::move(d.path), std::move(d.what)});
        return all;
    }

    /// A failed attempt at anything, told as the caller shall know it.
    void failed(mirror_failure const& e) { m_state.failed(e); }

private:
    void bring_up_to_date(std::stop_token const& stop) {
        look_at_tree(stop);
        if (!m_seen.at().tree)
            throw mirror_failure{"no_tree", "nothing is published there yet: no change feed was found",
                                 "export once, with an exporter that writes the feed"};
        for (auto const goal = *m_seen.at().tree;;) {
            look_at_tree(stop);
            look_at_target(stop);
            if (m_seen.at().tree == m_seen.at().target)
                return;
            if (step_or_move(stop) && m_seen.at().target >= goal)
                return;
        }
    }

    follower::decision turn(std::stop_token const& stop) {
        try {
            look_at_tree(stop);
            if (m_seen.must_look_at_target(clock::now()))
                look_at_target(stop);
            m_seen.require_feed();
            auto const next = m_follower.next(m_seen.at(), clock::now());
            if (next.step)
                step(stop);
            return next;
        } catch (cancelled const&) {
            throw;
        } catch (tree_moved_on const& e) {
            return m_follower.moved_on(clock::now(), chance()) ? try_again_after(e, false) : next_try();
        } catch (mirror_failure const& e) {
            return try_again_after(e, true);
        } catch (std::exception const& e) {
            return try_again_after({"error", e.what()}, true);
        }
    }

    follower::decision try_again_after(mirror_failure const& e, bool wait_longer) {
        if (wait_longer)
            m_follower.failed(clock::now(), chance());
        m_seen.doubt_target();
        failed(e);
        auto const next = next_try();
        if (m_told.failed)
            m_told.failed(e, std::chrono::ceil<std::chrono::milliseconds>(next.at - clock::now()));
        return next;
    }

    follower::decision next_try() { return m_follower.next(m_seen.at(), clock::now()); }

    /// For once: false when the tree moved on. Throws when that lasts.
    bool step_or_move(std::stop_token const& stop) {
        try {
            step(stop);
            return true;
        } catch (tree_moved_on const&) {
            if (m_follower.moved_on(clock::now(), chance()))
                throw;
            auto const wait = next_try().at - clock::now();
            pause(stop, std::chrono::ceil<std::chrono::milliseconds>(std::max(wait, clock::duration{0})));
            return false;
        }
    }

    void look_at_tree(std::stop_token const& stop) {
        m_seen.saw_tree(m_source.state(stop));
        m_state.touch();
    }

    void look_at_target(std::stop_token const& stop) {
        auto const where = m_target->read_cursor(stop);
        m_seen.saw_target(where, clock::now());
        m_state.looked(m_seen);
    }

    /// The exporter may have another configuration by now, and its tree files of other kinds.
    void look_at_paths() {
        m_ours = mirror::our_paths(m_tree, m_config, m_seen.target().generation);
        m_target->use(m_ours);
        m_source.use(m_ours);
    }

    mirror::step_result apply(mirror::change_set const& changes, std::stop_token const& stop) {
        mirror::step_result result;
        try {
            m_target->apply(changes, m_source, stop, result);
        } catch (...) {
            m_purger.remember(result);
            throw;
        }
        return result;
    }

    void step(std::stop_token const& stop) {
        auto const begin = clock::now();
        m_follower.began(begin);
        look_at_paths();
        auto const changes =
            mirror::waiting_changes(m_seen.target(), m_seen.tree().value(), m_ours, [&](std::uint64_t g) {
                m_state.touch(); // over HTTP, thousands of lists take a while
                return m_source.changes(g, stop);
            });
        m_source.begin_step(changes.changed.size());
        auto const result = apply(changes, stop);
        m_seen.reached({result.generation, result.generation == changes.to ? changes.export_date : ""});
        m_follower.succeeded();
        m_state.stepped(m_seen);
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

    void at(std::uint64_t files, std::uint64_t expected) {
        m_state.touch();
        if (m_told.progress)
            m_told.progress(files, expected);
    }

    double chance() { return std::uniform_real_distribution<double>{0, 1}(m_random); }

    export_config m_tree;
    mirror_config m_config;
    published_paths m_ours;
    std::unique_ptr<mirror::target> m_target;
    mirror::counting_source m_source;
    std::optional<mirror::feed_watch> m_watch; ///< of a tree of this machine
    follower m_follower;
    mirror::purger m_purger;
    mirror_observer m_told;
    std::minstd_rand m_random{std::random_device{}()};
    mirror::sight m_seen;
    mirror::told_state m_state; ///< last: its thread ends first
};

mirroring::mirroring(export_config const& tree, mirror_config const& config, mirror_observer observer)
    : m_work{std::make_unique<work>(tree, config, mirror::first_state(tree, config), std::move(observer))} {}

mirroring::~mirroring() = default;

mirror_state mirroring::state() const {
    return m_work->state();
}

void mirroring::follow(std::stop_token const& stop) {
    m_work->follow(stop);
}

void mirroring::once(std::stop_token const& stop) {
    try {
        m_work->once(stop);
    } catch (mirror_failure const& e) {
        m_work->failed(e);
        throw;
    }
}

std::vector<mirror_difference> mirroring::verify(std::size_t at_most, std::stop_token const& stop) {
    return m_work->verify(at_most, stop);
}

} // namespace notes_export
