#!/usr/bin/python3
"""Measures exports of osm-notes-exportd on a filled datamart and prints the figures as one JSON object.

usage: measure.py BINARY SCHEMA_DIR WORK_DIR DATABASE RUNS

Called by run.sh. PGHOST and PGUSER name a superuser of a scratch server with sql/install.sql in DATABASE; trees, logs
and the yardstick's output go to WORK_DIR and stay there.
"""

import json
import os
import signal
import subprocess
import sys
import time

CHANGED = 50
PATIENCE_S = 600
PROBE_FILES = 500
PROFILES = """SELECT row_to_json(t) FROM (SELECT u.*, c.contributor_type_name, c.contributor_type_name_en
    FROM dwh.datamartusers_export u LEFT JOIN dwh.contributor_types c ON c.contributor_type_id = u.id_contributor_type
    WHERE u.user_id >= 1) t""", "SELECT row_to_json(t) FROM dwh.datamartcountries t WHERE t.country_id >= 1"
# Beside the environment, which run.sh cleans.
SETTINGS = ("schedule.debounce=0ms", "schedule.poll_interval=1h", "log.format=json")


def fail(text, log=None):
    print(f"measure.py: {text}", file=sys.stderr)
    if log and os.path.exists(log):
        with open(log, encoding="utf-8", errors="replace") as lines:
            sys.stderr.writelines(lines.readlines()[-15:])
    sys.exit(1)


def wait_for(what, condition, step_s, process=None, log=None):
    """The first true value of the condition."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        if process is not None and process.poll() is not None:
            fail(f"the daemon ended before {what}", log)
        if time.monotonic() > deadline:
            fail(f"no sign of {what} after {PATIENCE_S} s", log)
        time.sleep(step_s)
    return value


class Session:
    """One psql for everything that is not measured, so that starting a client takes no part in any figure."""

    END = "end of answer"

    def __init__(self, database):
        self.psql = subprocess.Popen(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-d", database], encoding="utf-8",
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, sql):
        """Returns the lines of the answer once the statement is committed."""
        signal.alarm(PATIENCE_S)
        self.psql.stdin.write(f"{sql};\n\\echo {self.END}\n")
        self.psql.stdin.flush()
        lines = []
        for line in self.psql.stdout:
            if line == self.END + "\n":
                signal.alarm(0)
                return lines
            lines.append(line.rstrip("\n"))
        return fail(f"a statement failed: {sql}")

    def number(self, sql):
        return int(self.run(sql)[0])


class Bench:
    def __init__(self, binary, schema_dir, work, database, runs):
        self.binary, self.schema_dir, self.work, self.runs = binary, schema_dir, work, runs
        self.database = database
        self.session = Session(database)
        self.users = self.session.number("SELECT count(*) FROM dwh.datamartusers WHERE user_id >= 1")
        self.countries = self.session.number("SELECT count(*) FROM dwh.datamartcountries WHERE country_id >= 1")
        self.child = None
        self.samples = {name: [] for name in ("yardstick", "first_full", "full_unchanged", "changed", "notify", "noop")}
        self.phases = {"first_full": [], "full_unchanged": [], "changed": []}
        self.memory = {"once_kb": 0, "daemon_first_full_kb": 0, "daemon_kb": 0}
        self.json_bytes = 0
        self.create_us = []

    # --- the parts of a run -------------------------------------------------------------------------------------------

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def all_pending(self):
        for table in ("datamartusers", "datamartcountries"):
            self.session.run(f"UPDATE dwh.{table} SET json_exported = false")
            self.session.run(f"VACUUM dwh.{table}")

    def settle(self):
        """What was written before is on the disk, by server and kernel, so that it does not count."""
        self.session.run("CHECKPOINT")
        os.sync()

    def probe(self, run):
        """Microseconds to create a file, without our code: ten times the usual where files were deleted lately."""
        directory = f"{self.work}/probe.{run}"
        os.mkdir(directory)
        begin = time.monotonic()
        for number in range(PROBE_FILES):
            with open(f"{directory}/{number}", "xb", buffering=0) as file:
                file.write(b"x" * 4096)
        self.create_us.append((time.monotonic() - begin) * 1e6 / PROBE_FILES)

    def arguments(self, tree):
        conninfo = f"host={os.environ['PGHOST']} user=osm_notes_exporter dbname={self.database}"
        settings = (f"database.conninfo={conninfo}", f"output.directory={tree}", f"export.schema_dir={self.schema_dir}")
        return [word for setting in settings + SETTINGS for word in ("--set", setting)]

    def timed(self, command, output):
        """Milliseconds from start to exit, process id and peak memory of a process."""
        with open(output, "wb") as out, open(output + ".err", "wb") as err:
            begin = time.monotonic()
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            signal.alarm(PATIENCE_S)
            _, status, usage = os.wait4(self.child.pid, 0)
            end = time.monotonic()
            signal.alarm(0)
        self.child.returncode = os.waitstatus_to_exitcode(status)
        if self.child.returncode != 0:
            fail(f"{command[0]} ended with status {self.child.returncode}", output + ".err")
        pid, self.child = self.child.pid, None
        return (end - begin) * 1000, pid, usage.ru_maxrss

    def yardstick(self, run):
        output = f"{self.work}/yardstick.{run}"
        copies = [word for query in PROFILES for word in ("-c", f"COPY ({query}) TO STDOUT")]
        ms, _, _ = self.timed(["psql", "-qX", "-d", self.database, *copies], output)
        self.json_bytes = os.path.getsize(output)
        return ms

    def once(self, tree, name, *options):
        ms, pid, peak_kb = self.timed([self.binary, "once", *options, *self.arguments(tree)], f"{tree}.{name}")
        recorded = self.session.run(
            "SELECT json_build_object('ms', duration_ms, 'marked', rows_marked, 'exported', users_exported +"
            f" countries_exported, 'phases', phases) FROM dwh.json_export_runs WHERE pid = {pid} ORDER BY run_id DESC")
        return ms, peak_kb, json.loads(recorded[0]) if recorded else None

    # --- kinds of run -------------------------------------------------------------------------------------------------

    def first_full(self, run):
        tree = f"{self.work}/tree.{run}"
        ms, peak_kb, report = self.once(tree, "first")
        everything = self.users + self.countries
        if report is None or report["exported"] != everything or report["marked"] != everything:
            fail(f"not {everything} profiles exported and marked: {report}", f"{tree}.first")
        self.samples["first_full"].append(ms)
        self.phases["first_full"].append({"cycle": report["ms"], **report["phases"]})
        self.memory["once_kb"] = max(self.memory["once_kb"], peak_kb)

    def full_unchanged(self, run):
        tree = f"{self.work}/tree.{run}"
        ms, _, report = self.once(tree, "full", "--full")
        if report is not None:
            if report["exported"] != 0:
                fail(f"nothing had changed, but {report['exported']} profiles were exported", f"{tree}.full")
            self.phases["full_unchanged"].append({"cycle": report["ms"], **report["phases"]})
        self.samples["full_unchanged"].append(ms)

    def commands(self):
        for run in range(self.runs):
            self.say(f"run {run + 1} of {self.runs}: yardstick, first full export, full export with nothing changed")
            self.all_pending()
            self.probe(run)
            self.settle()
            self.samples["yardstick"].append(self.yardstick(run))
            self.settle()
            self.first_full(run)
            self.settle()
            self.full_unchanged(run)

    def daemon(self):
        self.say(f"daemon: first full export, then {self.runs} times {CHANGED} changed users and a cycle of nothing")
        self.all_pending()
        self.settle()
        tree = f"{self.work}/tree.daemon"
        with Daemon(self, tree) as daemon:
            daemon.wait_settled()
            self.memory["daemon_first_full_kb"] = daemon.peak_kb()
            # What autovacuum does within a minute of such a change.
            for table in ("datamartusers", "datamartcountries"):
                self.session.run(f"VACUUM ANALYZE dwh.{table}")
            for run in range(self.runs):
                self.changed_users(daemon, run)
                self.nothing_changed(daemon)
            self.memory["daemon_kb"] = daemon.peak_kb()

    def changed_users(self, daemon, run):
        keys = ",".join(self.session.run(f"SELECT dimension_user_id FROM dwh.datamartusers WHERE user_id >= 1"
                                         f" ORDER BY md5({run} || ' ' || user_id), 1 LIMIT {CHANGED}"))
        self.settle()
        self.session.run(f"UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1"
                         f" WHERE dimension_user_id IN ({keys})")
        generation = daemon.generation()
        begin = time.monotonic()
        self.session.run("NOTIFY osm_notes_export")
        wait_for("a new generation", lambda: daemon.generation() > generation, 0.0005, daemon.process, daemon.log)
        self.samples["notify"].append((time.monotonic() - begin) * 1000)
        record = daemon.next_cycle()
        expected = min(CHANGED, self.users)
        if record["exported"] != expected:
            fail(f"not {expected} profiles exported: {record}")
        self.samples["changed"].append(record["ms"])
        phases = {name[:-len("_ms")]: value for name, value in record.items() if name.endswith("_ms")}
        self.phases["changed"].append({"cycle": record["ms"], **phases})

    def nothing_changed(self, daemon):
        self.settle()
        daemon.process.send_signal(signal.SIGUSR1)
        record = daemon.next_cycle()
        if record["files"] != 0:
            fail(f"nothing had changed, but files were written: {record}")
        self.samples["noop"].append(record["ms"])

    # --- the end ------------------------------------------------------------------------------------------------------

    def figures(self):
        return {"users": self.users, "countries": self.countries, "runs": self.runs, "changed": CHANGED,
                "json_bytes": self.json_bytes, "samples_ms": self.samples, "phases_ms": self.phases,
                "memory": self.memory, "create_us": self.create_us}


class Daemon:
    def __init__(self, bench, tree):
        self.bench, self.tree, self.log = bench, tree, tree + ".log"
        self.cycles_seen = 0

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([self.bench.binary, "run", *self.bench.arguments(self.tree)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cycles(self):
        with open(self.log, encoding="utf-8") as log:
            records = [json.loads(line) for line in log if line.endswith("\n")]
        failed = [record for record in records if record.get("event") == "cycle_failed"]
        if failed:
            fail(f"a cycle failed: {failed[-1]}")
        return [record for record in records if record.get("event") == "cycle_finished"]

    def next_cycle(self):
        """The record of the cycle after those seen so far."""
        found = wait_for("the end of the cycle", lambda: self.cycles()[self.cycles_seen:], 0.005, self.process,
                         self.log)
        if len(found) != 1:
            fail(f"one cycle expected, not {len(found)}", self.log)
        self.cycles_seen += 1
        return found[0]

    def wait_settled(self):
        """The first export is done, and no cycle follows it."""
        wait_for("the first export", self.cycles, 0.05, self.process, self.log)
        pending = "SELECT sum(pending) FROM dwh.json_export_status"
        wait_for("all rows marked", lambda: self.bench.session.number(pending) == 0, 0.05, self.process, self.log)
        time.sleep(1)
        self.cycles_seen = len(self.cycles())

    def generation(self):
        with open(f"{self.tree}/metadata.json", encoding="utf-8") as metadata:
            return json.load(metadata)["generation"]

    def peak_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(next(line.split()[1] for line in status if line.startswith("VmHWM:")))


def main():
    if len(sys.argv) != 6:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, lambda *_: fail(f"something took more than {PATIENCE_S} s"))
    bench = Bench(*sys.argv[1:5], int(sys.argv[5]))
    try:
        bench.commands()
        bench.daemon()
    finally:
        if bench.child is not None and bench.child.returncode is None:
            bench.child.terminate()
            bench.child.wait()
    json.dump(bench.figures(), sys.stdout)
    print()


if __name__ == "__main__":
    main()
