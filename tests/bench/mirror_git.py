#!/usr/bin/python3
"""A mirror in git against `git add -A && git commit && git push` of the same change in a warm work tree.

    tests/bench/mirror_git.py PROGRAM [--users N] [--rounds N] [--cycles N] [--work DIRECTORY]

PROGRAM is build/dev/tests/git_step. Both ways push the same change to a bare repository on the same disk, in turns, in one
run; what is printed are medians and their ratio. --cycles: so many changes of 4,000 users, and what the mirror's own
repository then has, against `git gc` of the same history.
"""
import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

NAMES = ("open", "closed", "commented", "reopened", "whole", "day", "week", "month")


def profile(user, change):
    """About 6.6 kB, of which a change touches a few numbers, as the ETL does."""
    r = random.Random(user)
    row = {"user_id": user, "username": f"user{user}"}
    for k in range(120):
        row[f"history_{2013 + k // 8}_{NAMES[k % 8]}"] = r.randrange(10000)
    row["dates_most_open"] = [{"date": f"20{r.randrange(13, 26)}-{r.randrange(1, 13):02d}-{r.randrange(1, 28):02d}",
                               "quantity": r.randrange(50)} for _ in range(70)]
    if change:
        q = random.Random(user * 1000 + change)
        for key in q.sample([key for key in row if key.startswith("history")], 6):
            row[key] = q.randrange(10000)
        row["days_since_last_action"] = change
    return json.dumps(row) + "\n"


def path_of(user):
    digits = f"{user % 4096:03x}"
    return f"users/{digits[0]}/{digits[1]}/{digits[2]}/{user}.json"


def replace(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(path + ".new", path)


def git(directory, *words):
    return subprocess.run(("git", "-C", directory, "-c", "user.name=bench", "-c", "user.email=bench@localhost", *words),
                          check=True, capture_output=True, text=True)


def cpu_seconds():
    """Of all programs that were started and have ended: what a busy machine does not change."""
    times = os.times()
    return times.children_user + times.children_system


def bytes_sent(progress):
    """As git says them at the end of its progress."""
    found = re.findall(r"Writing objects: 100% \(\d+/\d+\), ([0-9.]+) (bytes|KiB|MiB|GiB)", progress)
    return float(found[-1][0]) * {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[found[-1][1]] if found else 0


class Bench:
    def __init__(self, program, users, work):
        self.program, self.users, self.work = program, users, work
        self.generation = 0
        self.peak = 0
        self.tree = os.path.join(work, "data")
        self.mirror = os.path.join(work, "mirror.git")
        for name in ("add", "ours"):
            subprocess.run(("git", "init", "-q", "--bare", "-b", "main", os.path.join(work, name + ".git")), check=True)
        git(work, "init", "-q", "-b", "main", ".")
        with open(os.path.join(work, ".git/info/exclude"), "w", encoding="utf-8") as f:
            f.write("/*.git/\n/list\n")

    def change(self, count):
        self.generation += 1
        chosen = range(1, self.users + 1)
        if count < self.users:
            chosen = random.Random(self.generation).sample(chosen, count)
        for user in chosen:
            replace(os.path.join(self.tree, path_of(user)), profile(user, self.generation - 1))
        replace(os.path.join(self.tree, "metadata.json"), '{\n  "export_date": "2026-05-01T12:00:00Z",\n'
                '  "export_timestamp": 1777636800,\n  "total_users": 1,\n  "total_countries": 0,\n  "version": "1.0.0",\n'
                '  "schema_version": "1.0.0",\n  "api_compat_min": "1.0.0",\n  "data_schema_hash": "' + "0" * 64 +
                f'",\n  "generation": {self.generation}\n}}\n')
        with open(os.path.join(self.work, "list"), "w", encoding="utf-8") as f:
            f.writelines(path_of(user) + "\n" for user in chosen)
            f.write("metadata.json\n")

    def add_way(self):
        begin, cpu = time.monotonic(), cpu_seconds()
        git(self.work, "add", "-A")
        git(self.work, "commit", "-q", "-m", str(self.generation))
        said = git(self.work, "push", "--progress", os.path.join(self.work, "add.git"), "main")
        return time.monotonic() - begin, bytes_sent(said.stderr), cpu_seconds() - cpu

    def our_way(self, everything=False):
        begin, cpu = time.monotonic(), cpu_seconds()
        said = subprocess.run((self.program, self.tree, self.mirror, os.path.join(self.work, "ours.git"),
                               str(self.generation), "-" if everything else os.path.join(self.work, "list")),
                              check=True, capture_output=True, text=True).stdout
        seconds, cpu = time.monotonic() - begin, cpu_seconds() - cpu
        numbers = dict(line.split()[:2] for line in said.splitlines())
        self.peak = max(self.peak, int(numbers["peak_kb"]))
        return seconds, int(numbers["bytes"]), cpu

    def same_trees(self):
        trees = [git(os.path.join(self.work, name), "rev-parse", "main:data").stdout for name in ("add.git", "ours.git")]
        assert trees[0] == trees[1], "both ways made the same tree"

    def rounds(self, count, rounds):
        theirs, ours = [], []
        for number in range(rounds):
            self.change(count)
            subprocess.run(("sync", "-f", self.work), check=True)
            # In turns: who comes first finds colder files.
            for way in ((self.add_way, theirs), (self.our_way, ours))[::1 if number % 2 else -1]:
                way[1].append(way[0]())
        self.same_trees()
        for name, column, unit in (("seconds", 0, 1), ("CPU seconds", 2, 1), ("kB pushed", 1, 1000)):
            their, our = (statistics.median(r[column] for r in runs) / unit for runs in (theirs, ours))
            print(f"{self.users} users, {count} changed, {name}: add -A {their:.3f}, mirror {our:.3f}, "
                  f"ratio {our / their:.2f}", flush=True)


def size(path):
    return int(subprocess.run(("du", "-sk", path), check=True, capture_output=True, text=True).stdout.split()[0])


def many_cycles(bench, cycles):
    begin = time.monotonic()
    for _ in range(cycles):
        bench.change(4000)
        bench.our_way()
    ours = size(bench.mirror)
    other = os.path.join(bench.work, "gc.git")
    shutil.copytree(bench.mirror, other)
    git(other, "gc", "--quiet", "--prune=now")
    print(f"{cycles} cycles of 4000 changed in {time.monotonic() - begin:.0f} s: the mirror's repository has {ours / 1024:.1f} "
          f"MiB, after git gc {size(other) / 1024:.1f} MiB, ratio {ours / size(other):.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--users", type=int, default=50000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--changed", type=int, nargs="*", default=[4000, 50])
    parser.add_argument("--cycles", type=int, default=0)
    parser.add_argument("--work", default=None)
    options = parser.parse_args()
    # A new directory each time: files made soon after a removal cost up to ten times as much.
    work = tempfile.mkdtemp(prefix="exportd-git-", dir=options.work)
    try:
        bench = Bench(os.path.abspath(options.program), options.users, work)
        bench.change(options.users)
        print(f"first: add -A {bench.add_way()[0]:.1f} s, mirror {bench.our_way(everything=True)[0]:.1f} s", flush=True)
        for count in options.changed:
            bench.rounds(count, options.rounds)
        if options.cycles:
            many_cycles(bench, options.cycles)
        print(f"most memory of the mirror's process: {bench.peak / 1024:.1f} MiB (git's own aside)")
    finally:
        # `git gc`, which the other way's git begins in the background, may still be at work there.
        while os.path.exists(work):
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
