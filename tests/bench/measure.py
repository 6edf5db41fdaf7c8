#!/usr/bin/python3
"""Measures exports of osm-notes-exportd on a filled datamart and prints the figures as one JSON object.

usage: measure.py usual|large BINARY SCHEMA_DIR WORK_DIR DISK_DIR DATABASE ROUNDS NOTIFICATIONS

Called by run.sh. PGHOST and PGUSER name a superuser of a scratch server with sql/install.sql in DATABASE; PGHOST is its
directory as private_postgres.sh makes it. Trees, logs and the yardstick's output go to WORK_DIR and stay there; the
tree of the daemon's short cycles, which sync some files each, to DISK_DIR: a file system in a file syncs slower.
`usual` measures everything, `large` what is different with very many users.
"""

import json
import signal
import sys

import daemon_cycles
import full_exports
from bench import Bench
from cpu_profile import Profiler

# A sample every 5 ms costs next to nothing: the only full export of the large database is measured at the same time.
GENTLE_PER_SECOND = 199


def usual(bench, profiler, rounds, notifications):
    full_exports.rounds(bench, rounds)
    full_exports.profiled_rounds(bench, profiler)
    bench.say(f"daemon: first export, then {rounds} times some changed users and a cycle of nothing")
    bench.all_pending()
    bench.settle()
    with daemon_cycles.first_export(bench, f"{bench.disk}/tree.daemon") as daemon:
        daemon_cycles.rounds(bench, daemon, rounds)
        bench.say(f"daemon: {notifications} notifications, one changed user each")
        daemon_cycles.notify_latency(bench, daemon, notifications)
        bench.memory_kb["daemon_end"] = daemon.peak_kb()
        daemon_cycles.profiled_rounds(bench, daemon, profiler, rounds)


def large(bench, profiler, rounds, _):
    bench.say("large database: yardstick")
    bench.all_pending()
    bench.create_us.append(bench.probe(f"{bench.work}/probe.large"))
    bench.settle()
    full_exports.yardstick(bench, "large")
    bench.settle()
    bench.say("large database: first export by the daemon")
    with profiler.of("daemon_first_full", GENTLE_PER_SECOND) as window:
        daemon = daemon_cycles.first_export(bench, f"{bench.work}/tree.large", window)
    with daemon:
        bench.say(f"large database: {rounds} times some changed users and a cycle of nothing")
        daemon_cycles.rounds(bench, daemon, rounds)
        bench.memory_kb["daemon_end"] = daemon.peak_kb()
        daemon_cycles.changed_batches(bench, daemon, rounds)
        daemon_cycles.profiled_rounds(bench, daemon, profiler, 1)
    bench.say(f"large database: {rounds} times some changed users, as a command")
    for run in range(rounds):
        full_exports.changed_users(bench, f"{bench.work}/tree.large", run)
    bench.say(f"large database: {rounds} times the floor of a batch")
    daemon_cycles.batch_floor(bench, f"{bench.work}/tree.large", rounds)


def main():
    kinds = {"usual": usual, "large": large}
    if len(sys.argv) != 9 or sys.argv[1] not in kinds:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench(*sys.argv[2:7])
    profiler = Profiler(bench.work)
    kinds[sys.argv[1]](bench, profiler, int(sys.argv[7]), int(sys.argv[8]))
    figures = bench.figures()
    json.dump({**figures, "profiles": profiler.results, "no_profile": profiler.unusable}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
