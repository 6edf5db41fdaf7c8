// Writers that do to a warehouse what its operators, its ETL and time will do to it, and a program that is killed now
// and then. Whenever all is left in peace, one cycle must leave the tree that a fresh export makes.
#include "crash/model_episode.hpp"
#include "crash/model_plan.hpp"
#include "crash/model_shrink.hpp"

#include <chrono>
#include <cstring>
#include <iostream>
#include <map>
#include <random>
#include <stdexcept>

namespace model {

namespace {

struct options {
    double minutes = 1;
    int sweep = 0;  ///< so many times each kind of step by itself, and nothing else
    int steps = 30; ///< of a round
    int rounds = 3; ///< of an episode
    std::optional<std::uint64_t> seed;
    std::uint64_t fixed = 0;   ///< seeds 1 to this one before the random ones
    double shrink_minutes = 0; ///< spent on a shorter case when one has failed
    bool go_on = false;        ///< after a failure
    bool trace = false;        ///< each step is told, with its time
};

struct totals {
    int episodes = 0;
    int quiet_points = 0;
    std::size_t actions = 0;
    int failures = 0;
};

void print(actions const& all) {
    for (auto const& a : all)
        std::cout << "  " << to_string(a) << '\n';
}

/// Draws and performs an episode's actions; they are kept, so that they can be done again.
class random_case {
public:
    random_case(world& w, shape const& s, std::uint64_t seed, options const& o, totals& sum)
        : m_options{o}, m_sum{sum}, m_episode{w, s}, m_plan{m_episode, seed} {}

    void run() {
        for (int round = 0; round < m_options.rounds; ++round) {
            m_plan.begin_round();
            for (int i = 0; i < m_options.steps; ++i)
                perform(m_plan.next());
            perform(m_plan.settle());
            m_good = m_done.size();
            ++m_sum.quiet_points;
        }
    }

    /// Each kind of step by itself, from that one on.
    void run_each(std::size_t& at) {
        auto const& steps = m_plan.all_steps();
        while (at < steps.size() * static_cast<std::size_t>(m_options.sweep)) {
            auto const& one = steps[at++ % steps.size()];
            if (m_options.trace)
                std::cout << "-- " << one.name << std::endl;
            auto const list = m_plan.alone(one);
            perform(list);
            m_good = m_done.size();
            m_sum.quiet_points += list.empty() ? 0 : 1;
        }
    }

    actions const& done() const noexcept { return m_done; }
    /// Since the last quiet point that was as it must be.
    actions since_good() const { return {m_done.begin() + static_cast<std::ptrdiff_t>(m_good), m_done.end()}; }

private:
    void perform(actions const& all) {
        for (auto const& a : all) {
            m_done.push_back(a);
            ++m_sum.actions;
            auto const begin = std::chrono::steady_clock::now();
            m_episode.perform(a);
            if (m_options.trace)
                std::cout << std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                                   begin)
                                 .count()
                          << " ms " << to_string(a) << ' ' << m_episode.last_error() << std::endl;
        }
    }

    options const& m_options;
    totals& m_sum;
    episode m_episode;
    plan m_plan;
    actions m_done;
    std::size_t m_good = 0;
};

void report(std::string const& name, shape const& s, random_case const& c, std::exception const& e) {
    std::cout << "FAILED: " << name << " (" << s.text() << ")\n"
              << e.what() << "\nafter these steps since the last good point:\n";
    print(c.since_good());
}

void shorten(world& w, std::uint64_t seed, actions const& all, double minutes) {
    if (minutes <= 0)
        return;
    auto const shorter = shrink(w, shape::from(seed), all, minutes);
    std::cout << "the shortest list that was found to fail, " << shorter.list.size() << " steps:\n";
    print(shorter.list);
    std::cout << shorter.why << '\n';
}

bool run_episode(world& w, std::uint64_t seed, options const& o, totals& sum) {
    ++sum.episodes;
    std::cout << "seed " << seed << ": " << shape::from(seed).text() << std::endl;
    actions failed;
    {
        random_case c{w, shape::from(seed), seed, o, sum};
        try {
            c.run();
            return true;
        } catch (std::runtime_error const& e) {
            ++sum.failures;
            report("--seed " + std::to_string(seed), shape::from(seed), c, e);
            failed = c.done();
        }
    }
    shorten(w, seed, failed, o.shrink_minutes);
    std::cout << std::flush;
    return false;
}

/// After a failure the next kind of step begins with a database that is as it should be.
void sweep(world& w, options const& o, totals& sum) {
    for (std::uint64_t number = 0; number < 16; ++number) {
        shape s{.installed = (number & 1) == 0, .partitioned = (number & 4) != 0, .daemon = (number & 2) != 0};
        s.view = (number & 8) != 0 ? (s.partitioned ? "materialized" : "") : "view";
        std::cout << "sweep: " << s.text() << std::endl;
        for (std::size_t at = 0, before = 1; at != before;) {
            before = at;
            random_case c{w, s, o.seed.value_or(1) + at, o, sum};
            try {
                c.run_each(at);
                break;
            } catch (std::runtime_error const& e) {
                ++sum.failures;
                report("sweep", s, c, e);
            }
        }
    }
}

options parse(int argc, char** argv) {
    options o;
    std::map<std::string, std::function<void(char const*)>> const known{
        {"--minutes", [&](char const* v) { o.minutes = std::stod(v); }},
        {"--steps", [&](char const* v) { o.steps = std::stoi(v); }},
        {"--rounds", [&](char const* v) { o.rounds = std::stoi(v); }},
        {"--seed", [&](char const* v) { o.seed = std::stoull(v); }},
        {"--fixed", [&](char const* v) { o.fixed = std::stoull(v); }},
        {"--shrink", [&](char const* v) { o.shrink_minutes = std::stod(v); }},
        {"--sweep", [&](char const* v) { o.sweep = std::stoi(v); }},
        {"--trace", [&](char const* v) { o.trace = std::strcmp(v, "yes") == 0; }},
        {"--go-on", [&](char const* v) { o.go_on = std::strcmp(v, "yes") == 0; }}};
    for (int i = 1; i < argc; i += 2) {
        auto const found = known.find(argv[i]);
        if (found == known.end() || i + 1 == argc)
            throw std::invalid_argument{argv[i]};
        found->second(argv[i + 1]);
    }
    return o;
}

// A given seed is one episode, and with more time its successors. Else the fixed seeds come first, and then one at
// random at least.
int run(options const& o) {
    world w;
    totals sum;
    auto const end = std::chrono::steady_clock::now() + std::chrono::duration<double, std::ratio<60>>{o.minutes};
    auto const time_is_left = [end] { return std::chrono::steady_clock::now() < end; };
    auto const go_on = [&](std::uint64_t seed) { return run_episode(w, seed, o, sum) || o.go_on; };
    bool good = true;
    for (std::uint64_t seed = 1; good && seed <= o.fixed && time_is_left(); ++seed)
        good = go_on(seed);
    auto seed = o.seed.value_or(std::random_device{}());
    if (o.sweep > 0)
        sweep(w, o, sum);
    else
        do
            good = good && go_on(seed++);
        while (good && time_is_left());
    std::cout << sum.episodes << " episodes, " << sum.quiet_points << " quiet points as they must be, " << sum.actions
              << " steps, " << sum.failures << " failures\n";
    return sum.failures == 0 ? 0 : 1;
}

} // namespace

} // namespace model

int main(int argc, char** argv) {
    try {
        return model::run(model::parse(argc, argv));
    } catch (std::logic_error const& e) { // not a number, not an option
        std::cerr << "usage: model [--seed N | --fixed N] [--minutes M] [--steps K] [--rounds R] [--shrink MINUTES]"
                     " [--sweep TIMES] [--go-on yes] [--trace yes]: "
                  << e.what() << '\n';
        return 64;
    } catch (std::exception const& e) {
        std::cerr << "model: " << e.what() << '\n';
        return 1;
    }
}
