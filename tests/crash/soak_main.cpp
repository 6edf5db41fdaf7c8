// Random writers and random faults against one daemon, for as long as you like. From time to time everything is left in
// peace, and then the tree must hold exactly what was committed.
#include "crash/soak_oracle.hpp"
#include "crash/soak_world.hpp"
#include "crash/soak_writer.hpp"
#include "support/process_figures.hpp"
#include "support/tree_contents.hpp"

#include <chrono>
#include <cstring>
#include <iostream>
#include <poll.h>
#include <stdexcept>
#include <vector>

namespace soak {

namespace {

using namespace std::chrono_literals;

constexpr int writer_count = 4;
constexpr long steps_per_round = 1500;
constexpr auto convergence_deadline = 60s;

struct options {
    double minutes = 2;
    std::uint64_t seed = std::random_device{}();
};

/// The actions, drawn from the seed alone. What an action finds, and so what it does, also depends on the daemon's
/// speed.
class schedule {
public:
    schedule(world& w, std::uint64_t seed) : m_world{w}, m_random{seed} {
        for (auto& part : w.initial(writer_count))
            m_writers.emplace_back(
                static_cast<int>(m_writers.size()), [&w] { return w.connect(); }, std::move(part));
    }

    /// One round of faults and changes, and then peace. In every second round nothing makes the daemon export
    /// everything, which would hide a change that it overlooked.
    void round() {
        bool const repairs = ++m_rounds % 2 == 0;
        m_writers.front().allow_renaming_types(repairs);
        for (long i = 0; i < steps_per_round; ++i)
            step(repairs);
        m_world.mend();
        for (auto& w : m_writers)
            w.settle(m_random);
        if (repairs)
            m_world.request_full();
        check();
    }

    warehouse truth() const {
        warehouse all;
        for (auto const& w : m_writers)
            all.add(w.committed());
        return all;
    }
    void print_summary() const;

private:
    void step(bool repairs) {
        std::mt19937_64 random{m_random()}; // each action has draws of its own, however many it needs
        m_world.go_on(++m_steps);
        auto const what = random() % 1000;
        auto const pause = static_cast<int>(random() % 8);
        if (what < 10)
            m_world.fault(random, m_steps);
        else if (what < 13 && repairs)
            m_world.damage(random);
        else
            m_writers[random() % m_writers.size()].step(random);
        ::poll(nullptr, 0, pause);
    }

    void check();

    world& m_world;
    std::mt19937_64 m_random;
    std::vector<writer> m_writers;
    long m_rounds = 0;
    long m_steps = 0;
};

void schedule::check() {
    auto const all = truth();
    auto const begin = std::chrono::steady_clock::now();
    std::vector<std::string> found;
    test::wait_until([&] { return (found = differences(m_world.tree(), all)).empty(); }, convergence_deadline);
    for (auto const& text : found)
        std::cout << "  " << text << '\n';
    if (!found.empty())
        throw std::runtime_error{"the tree does not hold what was committed; the log of the daemon:\n" +
                                 m_world.daemon().process().errors()};
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);

    auto& db = m_world.database();
    auto const quiet = [&] {
        return db.pending() + db.number("SELECT count(*) FROM dwh.json_export_log") == 0 &&
               db.value("SELECT string_agg(state, ',') FROM pg_stat_activity"
                        " WHERE application_name LIKE 'osm-notes-exportd%: listener'") == "idle";
    };
    if (!test::wait_until(quiet, convergence_deadline))
        throw std::runtime_error{"rows stay pending, or there is not exactly one idle listener"};
    auto const pid = m_world.daemon().process().pid();
    std::cout << "round " << m_rounds << ": " << all.published_users().size() << " users as committed after "
              << took.count() << " ms; daemon " << test::resident_kb(pid) << " kB, " << test::descriptors(pid)
              << " descriptors" << std::endl;
    if (test::descriptors(pid) > 64 || (test::frees_memory_at_once && test::resident_kb(pid) > 200'000))
        throw std::runtime_error{"the daemon leaks"};
}

void schedule::print_summary() const {
    std::size_t commits = 0;
    std::size_t failures = 0;
    for (auto const& w : m_writers) {
        commits += w.commits();
        failures += w.failures();
    }
    std::cout << m_rounds << " rounds, " << m_steps << " steps, " << commits << " transactions committed, " << failures
              << " broken off by a fault\n";
    for (auto const& [name, times] : m_world.made())
        std::cout << "  " << name << ": " << times << '\n';
}

/// Runs a command of the program to its end.
void require_success(world& w, test::daemon_settings const& settings, std::vector<std::string> arguments) {
    auto const name = w.directory() / ("command-" + arguments.front());
    settings.write(name.string() + ".conf");
    arguments.insert(arguments.end(), {"--config", name.string() + ".conf"});
    test::child_process command{name, arguments};
    if (command.wait_exit(60s) != 0)
        throw std::runtime_error{arguments.front() + " failed:\n" + command.output() + command.errors()};
}

/// The program itself, and a second one that starts from nothing, find the same.
void check_end(world& w) {
    w.stop_daemon();
    require_success(w, w.settings(), {"verify"});
    auto fresh = w.settings();
    fresh.directory = w.directory() / "fresh";
    require_success(w, fresh, {"once", "--full"});
    for (auto const& path : test::differences(test::timeless(test::contents_of(w.tree())),
                                              test::timeless(test::contents_of(fresh.directory))))
        throw std::runtime_error{path + " is not as in a fresh full export"};
    for (auto const& text : w.unexplained())
        throw std::runtime_error{"unexpected record: " + text};
}

options parse(int argc, char** argv) {
    options o;
    for (int i = 1; i + 1 < argc; i += 2)
        if (std::strcmp(argv[i], "--minutes") == 0)
            o.minutes = std::stod(argv[i + 1]);
        else if (std::strcmp(argv[i], "--seed") == 0)
            o.seed = std::stoull(argv[i + 1]);
        else
            throw std::invalid_argument{argv[i]};
    if (argc % 2 == 0)
        throw std::invalid_argument{argv[argc - 1]};
    return o;
}

int run(options const& o) {
    std::cout << "seed " << o.seed << std::endl;
    try {
        world w;
        schedule s{w, o.seed};
        auto const end = std::chrono::steady_clock::now() + std::chrono::duration<double, std::ratio<60>>{o.minutes};
        do
            s.round();
        while (std::chrono::steady_clock::now() < end);
        check_end(w);
        s.print_summary();
        return 0;
    } catch (std::exception const& e) {
        std::cout << "FAILED with --seed " << o.seed << ": " << e.what() << std::endl;
        return 1;
    }
}

} // namespace

} // namespace soak

int main(int argc, char** argv) {
    try {
        return soak::run(soak::parse(argc, argv));
    } catch (std::logic_error const& e) { // not a number, not an option
        std::cerr << "usage: soak [--minutes N] [--seed S]: " << e.what() << '\n';
        return 64;
    }
}
