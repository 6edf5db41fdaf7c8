#!/usr/bin/python3
"""CPU time of the primary during full exports that read from it, and during those that read from its standby.

    tests/bench/read_server.py PROGRAM [--users N] [--rounds N] [--work DIRECTORY]

PROGRAM is build/release/daemon/osm-notes-exportd. Primary and standby are throw-away servers on this machine; both ways go in
turns, in one run, and the standby follows all the time. Counted are all processes of the primary, with what sends the log to
the standby. A first export marks all rows, which the primary has to do either way; one of an unchanged tree marks none.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from cpu_time import Server

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUPPORT = f"{REPOSITORY}/tests/support"
PATIENCE_S = 600


def script(*words):
    return subprocess.run((f"{SUPPORT}/private_postgres.sh", *words), check=True, stdout=subprocess.PIPE, text=True).stdout


def psql(server, *words, database="bench"):
    return subprocess.run(("psql", "-AtqX", "-v", "ON_ERROR_STOP=1", "-h", server, "-U", "postgres", "-d", database, *words),
                          check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"read_server: {what} does not come true")
        time.sleep(0.05)


class Bench:
    def __init__(self, program, users, work):
        self.program, self.work = program, work
        self.primary, self.standby = f"{work}/p", f"{work}/s"
        script("start", self.primary, "--durable")
        psql(self.primary, "-c", "CREATE DATABASE bench", database="postgres")
        for file in ("tests/support/datamart.sql", "sql/install.sql"):
            psql(self.primary, "-f", f"{REPOSITORY}/{file}")
        psql(self.primary, "-v", f"users={users}", "-f", f"{SUPPORT}/generate.sql")
        psql(self.primary, "-c", "DELETE FROM dwh.json_export_log", "-c", "VACUUM (FREEZE, ANALYZE)")
        script("standby", self.standby, self.primary)
        self.server, self.trees, self.seconds = Server(self.primary), 0, {}

    def conninfo(self, server):
        return f"host={server} user=postgres dbname=bench"

    def quiet(self):
        """Nothing of before is left to be done: it would be counted."""
        psql(self.primary, "-c", "VACUUM", "-c", "CHECKPOINT")
        lsn = psql(self.primary, "-c", "SELECT pg_current_wal_flush_lsn()")
        wait_for("the standby", lambda: psql(
            self.standby, "-c", f"SELECT pg_last_wal_replay_lsn() >= '{lsn}'") == "t")

    def export(self, kind, way, tree, *options):
        self.quiet()
        before, _ = self.server.read()
        begin = time.monotonic()
        command = [self.program, "once", *options, "--set", f"database.conninfo={self.conninfo(self.primary)}",
                   "--set", f"output.directory={tree}", "--set", f"export.schema_dir={REPOSITORY}/conf/schemas"]
        if way == "standby":
            command += ["--set", f"database.read_conninfo={self.conninfo(self.standby)}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        if "were read from the primary" in done.stdout:
            sys.exit(f"read_server: {done.stdout}")
        elapsed = time.monotonic() - begin
        gone = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'osm-notes-exportd%'"
        wait_for("the end of all sessions", lambda: psql(self.primary, "-c", gone) == "0")
        spent = self.server.read()[0] - before
        self.seconds.setdefault((kind, way), []).append(spent)
        print(f"{kind:9} read from {way:7}: primary {spent:6.2f} s of CPU, {elapsed:6.2f} s in all", flush=True)

    def round(self):
        for way in ("primary", "standby"):
            psql(self.primary, "-c", "UPDATE dwh.datamartusers SET json_exported = FALSE",
                 "-c", "UPDATE dwh.datamartcountries SET json_exported = FALSE", "-c", "VACUUM FULL dwh.datamartusers",
                 "-c", "DELETE FROM dwh.json_export_log", "-c", "ANALYZE")
            self.trees += 1
            tree = f"{self.work}/tree{self.trees}"
            self.export("first", way, tree)
            self.export("unchanged", way, tree, "--full")

    def report(self):
        for kind in ("first", "unchanged"):
            primary, standby = (statistics.median(self.seconds[kind, way]) for way in ("primary", "standby"))
            print(f"{kind}: {standby:.2f} s instead of {primary:.2f} s of the primary's CPU, {standby / primary:.2f} of it")

    def end(self):
        for server in (self.standby, self.primary):
            script("stop", server)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("program", type=os.path.abspath)
    options.add_argument("--users", type=int, default=50_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--work", help="a directory on a disk with some GB of room")
    given = options.parse_args()
    work = tempfile.mkdtemp(prefix="rs.", dir=given.work)
    os.chmod(work, 0o755)
    bench = None
    try:
        bench = Bench(given.program, given.users, work)
        for _ in range(given.rounds):
            bench.round()
        bench.report()
    finally:
        if bench:
            bench.end()
        shutil.rmtree(work, ignore_errors=True)


main()
