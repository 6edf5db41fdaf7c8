"""Cycles of a running daemon: its first full export, some changed users, one changed user, nothing."""

import os
import signal
import time
from contextlib import nullcontext

from bench import BATCH
from cpu_time import Meter
from directory_watch import DirectoryWatch
from exporter_daemon import ExporterDaemon, phases_of
from patience import fail, wait_for
from session import Session

PROFILED_PER_ROUND = 4


def first_export(bench, tree, window=None):
    """Starts a daemon on an empty tree and returns it once it has exported everything."""
    with window or nullcontext():
        meter = Meter(bench.server)
        daemon = ExporterDaemon(bench, tree)
        record = daemon.first_export()
        cpu = meter.stop(daemon.cpu())
    everything = bench.users + bench.countries
    if record["exported"] != everything:
        fail(f"not {everything} profiles exported: {record}")
    bench.record("daemon_first_full", record["ms"], cpu, phases_of(record))
    bench.memory_kb["daemon_first_full"] = daemon.peak_kb()
    bench.index_bytes = os.path.getsize(f"{tree}/indexes/users.json")
    bench.vacuum()
    return daemon


def changed_users(bench, daemon, salt, window=None):
    """A window of a profiler is around a cycle that is not measured."""
    record, cpu, ms = cycle_of(bench, daemon, bench.change_users(f"daemon {salt}"), window)
    if window is None:
        bench.record("changed", record["ms"], cpu, phases_of(record))
        bench.record("notify_to_metadata", ms)


def changed_batches(bench, daemon, number):
    for run in range(number):
        record, cpu, _ = cycle_of(bench, daemon, bench.change_users(f"batch {run}", BATCH))
        bench.record("batch", record["ms"], cpu, phases_of(record))
        bench.vacuum()


def batch_floor(bench, tree, number):
    """As many files as a batch has, for each run others, without a server and without us."""
    for run in range(number):
        users = bench.session.run("SELECT user_id FROM dwh.datamartusers WHERE user_id >= 1"
                                  " ORDER BY md5(%s || user_id), 1 LIMIT %s", f"floor {run} ", BATCH)
        output = f"{tree}.floor.{run}"
        with open(f"{output}.paths", "w", encoding="ascii") as paths:
            paths.writelines(sorted(f"{os.path.relpath(profile_path(tree, user), tree)}\n" for user, in users))
        bench.settle()
        bench.timed([bench.batch_floor, tree, f"{output}.staging"], output, f"{output}.paths")
        with open(output, encoding="ascii") as answer:
            bench.record("batch_floor", float(answer.read()))


def cycle_of(bench, daemon, expected, window=None):
    """The record of the cycle that so many changes are for, its CPU time, and milliseconds from the NOTIFY on."""
    generation = daemon.generation()
    with window or nullcontext():
        meter, begin = Meter(bench.server, daemon.cpu()), time.monotonic()
        bench.session.run("NOTIFY osm_notes_export")
        wait_for("a new generation", lambda: daemon.generation() > generation, 0.0005, daemon.process, daemon.log)
        ms = (time.monotonic() - begin) * 1000
        record = daemon.next_cycle()
    cpu = meter.stop(daemon.cpu())
    if record["exported"] != expected:
        fail(f"not {expected} profiles exported: {record}")
    return record, cpu, ms


def nothing_changed(bench, daemon, window=None):
    bench.settle()
    with window or nullcontext():
        meter = Meter(bench.server, daemon.cpu())
        daemon.process.send_signal(signal.SIGUSR1)
        record = daemon.next_cycle()
    if record["files"] != 0:
        fail(f"nothing had changed, but files were written: {record}")
    if window is None:
        bench.record("noop", record["ms"], meter.stop(daemon.cpu()), phases_of(record))


def rounds(bench, daemon, number):
    for run in range(number):
        changed_users(bench, daemon, run)
        nothing_changed(bench, daemon)


def profiled_rounds(bench, daemon, profiler, number):
    """Not measured: a profiler looks on."""
    with profiler.of("changed") as window:
        for run in range(number * PROFILED_PER_ROUND):
            changed_users(bench, daemon, f"profile {run}", window)
    with profiler.of("noop") as window:
        for _ in range(number * PROFILED_PER_ROUND):
            nothing_changed(bench, daemon, window)


# --- one user: from the COMMIT that carries the NOTIFY to the file ---------------------------------------------------

def profile_path(tree, user_id):
    return f"{tree}/users/" + "/".join(f"{user_id % 4096:03x}") + f"/{user_id}.json"


def notify_latency(bench, daemon, number):
    """Milliseconds until the new file of the user is there, for one user after the other, each after a quiet moment."""
    users = bench.session.run("SELECT user_id FROM dwh.datamartusers WHERE user_id >= 1"
                              " ORDER BY md5('notify ' || user_id), 1 LIMIT %s", number)
    etl = Session(bench.database, autocommit=False)
    bench.settle()
    for user_id, in users:
        opened = etl.number("UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1"
                            " WHERE user_id = %s RETURNING history_whole_open", user_id)
        etl.run("NOTIFY osm_notes_export")
        with DirectoryWatch(os.path.dirname(profile_path(daemon.tree, user_id))) as watch:
            meter, begin = Meter(bench.server, daemon.cpu()), time.monotonic()
            etl.commit()
            end = wait_for_file(watch, profile_path(daemon.tree, user_id), f'"history_whole_open":{opened},')
        record = daemon.next_cycle()
        bench.record("notify_to_file", (end - begin) * 1000, meter.stop(daemon.cpu()), phases_of(record))


def wait_for_file(watch, path, content):
    """When the file with that content appeared."""
    deadline = time.monotonic() + 60
    while (left := deadline - time.monotonic()) > 0:
        names = watch.names(left)
        seen = time.monotonic()
        if os.path.basename(path) in names:
            with open(path, encoding="utf-8") as file:
                if content in file.read():
                    return seen
    return fail(f"{path} has not become new within a minute")
