"""Exports of everything, as commands, in turn with the yardstick and the peers."""

import os
import sys
from contextlib import nullcontext

from bench import TABLES
from patience import fail

PROFILES = """SELECT row_to_json(t) FROM (SELECT u.*, c.contributor_type_name, c.contributor_type_name_en
    FROM dwh.datamartusers_export u LEFT JOIN dwh.contributor_types c ON c.contributor_type_id = u.id_contributor_type
    WHERE u.user_id >= 1) t""", "SELECT row_to_json(t) FROM dwh.datamartcountries t WHERE t.country_id >= 1"
PEERS = os.path.dirname(os.path.abspath(__file__))


def yardstick(bench, name):
    output = f"{bench.work}/yardstick.{name}"
    copies = [word for query in PROFILES for word in ("-c", f"COPY ({query}) TO STDOUT")]
    ms, cpu, _, _ = bench.timed(["psql", "-qX", "-d", bench.database, *copies], output)
    bench.json_bytes = os.path.getsize(output)
    bench.record("yardstick", ms, cpu)


def once(bench, tree, name, *options):
    """One cycle of our own: also what the daemon itself recorded about it, None if there was nothing to record."""
    ms, cpu, pid, peak_kb = bench.timed([bench.binary, "once", *options, *bench.arguments(tree)], f"{tree}.{name}")
    recorded = bench.session.run(
        "SELECT duration_ms, rows_marked, users_exported + countries_exported, phases FROM dwh.json_export_runs"
        " WHERE pid = %s ORDER BY run_id DESC LIMIT 1", pid)
    if not recorded:
        return ms, cpu, peak_kb, None
    duration, marked, exported, phases = recorded[0]
    return ms, cpu, peak_kb, {"marked": marked, "exported": exported, "phases": {"cycle": float(duration), **phases}}


def first_full(bench, tree, window=None):
    """A window of a profiler is around a run that is not measured."""
    with window or nullcontext():
        ms, cpu, peak_kb, report = once(bench, tree, "first")
    everything = bench.users + bench.countries
    if report is None or report["exported"] != everything or report["marked"] != everything:
        fail(f"not {everything} profiles exported and marked: {report}", f"{tree}.first.err")
    if window is None:
        bench.record("first_full", ms, cpu, report["phases"])
        bench.memory_kb["once"] = max(bench.memory_kb.get("once", 0), peak_kb)


def full_unchanged(bench, tree, window=None):
    with window or nullcontext():
        ms, cpu, _, report = once(bench, tree, "full", "--full")
    if report is not None and report["exported"] != 0:
        fail(f"nothing had changed, but {report['exported']} profiles were exported", f"{tree}.full.err")
    if window is None:
        bench.record("full_unchanged", ms, cpu, report and report["phases"])


def changed_users(bench, tree, name):
    """A command for each ETL, as cron would start it."""
    expected = bench.change_users(f"once {name}")
    ms, cpu, _, report = once(bench, tree, "changed")
    if report is None or report["exported"] != expected:
        fail(f"not {expected} profiles exported: {report}", f"{tree}.changed.err")
    bench.record("once_changed", ms, cpu, report["phases"])


def floor(bench, tree, name):
    """The files of such a tree, then the rows as text, then the flags, one after the other."""
    output = f"{bench.work}/floor.{name}"
    bench.timed([bench.floor, tree, f"{output}.tree"], output)
    with open(output, encoding="ascii") as answer:
        ms = float(answer.read())
    copies = [word for relation in ("datamartusers_export", "datamartcountries")
              for word in ("-c", f"COPY (SELECT * FROM dwh.{relation}) TO STDOUT")]
    ms += bench.timed(["psql", "-qX", "-d", bench.database, *copies], f"{output}.rows")[0]
    # As an exporter, or a trigger of install.sql would note each mark.
    marks = ["-c", "SET json_export.exporter = on"]
    marks += [word for table in TABLES
              for word in ("-c", f"UPDATE dwh.{table} SET json_exported = true WHERE json_exported IS NOT TRUE")]
    bench.record("floor", ms + bench.timed(["psql", "-qX", "-d", bench.database, *marks], f"{output}.flags")[0])


def python_peer(bench, kind, tree):
    command = [sys.executable, "-I", f"{PEERS}/python_peer.py", bench.database, tree]
    ms, cpu, _, _ = bench.timed(command, f"{tree}.{kind}")
    bench.record(kind, ms, cpu)


def script_peer(bench, tree, expected):
    """A sample; what it takes for all entities is extrapolated from its time per entity."""
    output = f"{tree}.script"
    ms, cpu, _, _ = bench.timed([f"{PEERS}/script_peer.sh", bench.database, tree], output)
    with open(output, encoding="ascii") as answer:
        count, seconds = answer.read().split()
    if int(count) != expected:
        fail(f"the script exported {count} of {expected} users", output + ".err")
    bench.record("script_changed", ms, cpu)
    bench.record("script_entity", float(seconds) * 1000 / expected)


def rounds(bench, number):
    for run in range(number):
        bench.say(f"round {run + 1} of {number}: yardstick, exports of everything, peers")
        tree, peer_tree = f"{bench.work}/tree.{run}", f"{bench.work}/peer.{run}"
        bench.all_pending()
        bench.create_us.append(bench.probe(f"{bench.work}/probe.{run}"))
        bench.settle()
        yardstick(bench, run)
        bench.settle()
        first_full(bench, tree)
        bench.settle()
        full_unchanged(bench, tree)
        bench.vacuum()
        changed_users(bench, tree, run)
        bench.all_pending()
        bench.settle()
        floor(bench, tree, run)
        bench.all_pending()
        bench.settle()
        python_peer(bench, "python_first_full", peer_tree)
        bench.change_users(f"python {run}")
        python_peer(bench, "python_changed", peer_tree)
        changed = bench.change_users(f"script {run}")
        script_peer(bench, peer_tree, changed)


def profiled_rounds(bench, profiler):
    """Not measured: a profiler looks on."""
    tree = f"{bench.work}/tree.profile"
    bench.all_pending()
    bench.settle()
    with profiler.of("first_full") as window:
        first_full(bench, tree, window)
    bench.settle()
    with profiler.of("full_unchanged") as window:
        full_unchanged(bench, tree, window)
