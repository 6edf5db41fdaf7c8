#!/usr/bin/python3
"""Cycles of 50 changed users with a public change feed against cycles without one.

    tests/bench/feed.py PROGRAM [--before PROGRAM] [--users N] [--rounds N] [--work DIRECTORY]

PROGRAM is build/release/daemon/osm-notes-exportd. Two daemons, each with a database and a tree of its own on the same server
and the same disk, export the same changes in turns; the ratio is that of the medians of their cycles. What a mirror of this
machine needs is always written, so that both write their lists of changes. --before: a program that is older than the feed
takes part as well, which shows what those lists cost.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from daemon_cycles import cycle_of
from exporter_daemon import ExporterDaemon

from bench import Bench

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUPPORT = f"{REPOSITORY}/tests/support"
TARGET, STRETCH = 1.05, 1.02


def script(*words):
    subprocess.run((f"{SUPPORT}/private_postgres.sh", *words), check=True, stdout=subprocess.DEVNULL)


def psql(database, *words):
    subprocess.run(("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", database, *words), check=True, stdout=subprocess.DEVNULL)


class Side:
    """A database, a tree and a daemon that exports the one to the other."""

    def __init__(self, name, program, work, users, *settings):
        self.name, self.times = name, []
        psql("postgres", "-c", f"CREATE DATABASE {name}")
        psql(name, "-f", f"{SUPPORT}/datamart.sql")
        psql(name, "-v", f"users={users}", "-v", "countries=280", "-f", f"{SUPPORT}/generate.sql")
        psql(name, "-f", f"{REPOSITORY}/sql/install.sql", "-c", "VACUUM ANALYZE")
        self.bench = Bench(program, f"{REPOSITORY}/conf/schemas", f"{work}/{name}", f"{work}/{name}", name)
        self.bench.settings += settings
        self.daemon = ExporterDaemon(self.bench, f"{work}/{name}/tree")
        self.daemon.first_export()
        self.bench.vacuum()

    def cycle(self, salt):
        record, _, _ = cycle_of(self.bench, self.daemon, self.bench.change_users(salt))
        self.times.append(record["ms"])

    def median(self):
        return statistics.median(self.times)


def make_sides(given, work):
    sides = [Side("without", given.program, work, given.users),
             Side("with_feed", given.program, work, given.users, "feed.publish=true")]
    if given.before:
        sides.append(Side("before", given.before, work, given.users))
    return sides


def measure(sides, rounds):
    for side in sides:
        side.cycle("warm")
    for salt in range(rounds):
        for side in sides if salt % 2 else reversed(sides):
            side.cycle(salt)


def report(sides, users):
    for side in sides:
        print(f"{users} users, 50 changed, {side.name}: {side.median():.1f} ms ({min(side.times):.1f} to {max(side.times):.1f})")
    ratio = sides[1].median() / sides[0].median()
    verdict = "stretch met" if ratio <= STRETCH else "met" if ratio <= TARGET else "missed"
    print(f"with a public feed: {ratio:.3f} x of the cycle without (target {TARGET}, stretch {STRETCH}: {verdict})")
    for before in sides[2:]:
        print(f"without a public feed: {sides[0].median() / before.median():.3f} x of the cycle of the program before")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("program", type=os.path.abspath)
    options.add_argument("--before", type=os.path.abspath)
    options.add_argument("--users", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--work", help="a directory on a disk", default="/var/tmp")
    given = options.parse_args()
    work = tempfile.mkdtemp(prefix="feed.", dir=given.work)
    os.chmod(work, 0o755)
    os.environ.update(PGHOST=f"{work}/pg", PGUSER="postgres", LC_ALL="C.UTF-8")
    for name in ("without", "with_feed", "before"):
        os.mkdir(f"{work}/{name}")
    sides = []
    try:
        script("start", f"{work}/pg", "--durable")
        sides = make_sides(given, work)
        measure(sides, given.rounds)
        report(sides, given.users)
    finally:
        for side in sides:
            side.daemon.end()
        script("stop", f"{work}/pg")
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
