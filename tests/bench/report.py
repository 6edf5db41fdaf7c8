#!/usr/bin/python3
"""Turns the figures of measure.py into a table, JSON or RESULTS.md.

usage: report.py table|json|markdown FIGURES MACHINE [TRIGGER_COST]

FIGURES is the output of measure.py, MACHINE a JSON object that describes the machine, TRIGGER_COST the output of
trigger_cost.sh. All are files.
"""

import json
import statistics
import sys

KINDS = (("yardstick", "yardstick: COPY of row_to_json into one file"),
         ("first_full", "first full export, all rows pending (once)"),
         ("full_unchanged", "full export with nothing changed (once --full)"),
         ("changed", "cycle with {changed} changed users (daemon)"),
         ("notify", "NOTIFY to new metadata.json, {changed} changed users"),
         ("noop", "cycle with nothing pending (daemon)"))
PHASED = (("first_full", "first full export"), ("full_unchanged", "full export, nothing changed"),
          ("changed", "{changed} changed users"))
# As a cycle goes through them.
PHASES = ("cycle", "detect", "read", "render", "check", "stage", "index", "sync", "publish", "mark")
SLOW_CREATE_US = 100
TARGET_SIZE = "10000 users and 280 countries"
TARGET_RATIO = 3.0
TARGET_CHANGED_MS = 60.0
TARGET_MEMORY_MB = 64.0
METHOD = """\
- Server: private, on the same disk, `fsync` on, `max_wal_size` 4 GB, otherwise as installed; {users} users and {countries} countries of `tests/support/generate.sql` ({megabytes:.0f} MB of JSON), `sql/install.sql`, `VACUUM ANALYZE`. Build: Release.
- {runs} rounds in one go: flags reset, `VACUUM` (not measured), then yardstick, first full export and full export with nothing changed in turn; `CHECKPOINT` and `sync` before each. Wall time of the whole process.
- Each first full export goes into a new directory, is validated, made durable and its rows are marked; nothing is deleted before the last measurement. The yardstick does none of this, and its file is not synced.
- Daemon: its own new tree, `debounce = 0ms`. Each round updates {changed} users in one transaction, then sends `NOTIFY`; the cycle's time is its log record's, the other one runs from before the `NOTIFY` until `metadata.json` has a higher generation. A `SIGUSR1` gives the cycle with nothing pending.
- Memory: highest `VmHWM` of the daemon after its first full export and all cycles, and the peak of `once` as `wait4` reports it. Phases overlap between workers, so they can add up to more than the whole."""


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def summary(figures):
    """Everything that is printed, as plain numbers."""
    samples = figures["samples_ms"]
    yardstick = statistics.median(samples["yardstick"])
    rows = {}
    for kind, _ in KINDS:
        values = samples[kind]
        rows[kind] = {"median_ms": round(statistics.median(values), 1), "min_ms": round(min(values), 1),
                      "max_ms": round(max(values), 1), "ratio": round(statistics.median(values) / yardstick, 2)}
    return {"results": rows, "phases_ms": {kind: median_phases(figures, kind) for kind, _ in PHASED},
            "memory_mb": {name[:-len("_kb")]: round(kb / 1024, 1) for name, kb in figures["memory"].items()},
            "targets": targets(rows, figures)}


def median_phases(figures, kind):
    """Phases of the run in the middle; of an even number of runs, the faster one of the two."""
    runs = sorted(figures["phases_ms"][kind], key=lambda phases: phases["cycle"])
    if not runs:
        return {}
    phases = runs[(len(runs) - 1) // 2]
    names = sorted(phases, key=lambda name: PHASES.index(name) if name in PHASES else len(PHASES))
    return {name: round(phases[name], 1) for name in names if phases[name] > 0}


def targets(rows, figures):
    memory = max(figures["memory"].values()) / 1024
    found = ((f"first full export <= {TARGET_RATIO} x yardstick", rows["first_full"]["ratio"], TARGET_RATIO, "x"),
             (f"cycle with {figures['changed']} changed users <= {TARGET_CHANGED_MS:.0f} ms",
              rows["changed"]["median_ms"], TARGET_CHANGED_MS, "ms"),
             (f"memory <= {TARGET_MEMORY_MB:.0f} MB", round(memory, 1), TARGET_MEMORY_MB, "MB"))
    return [{"target": text, "value": value, "unit": unit, "met": value <= limit} for text, value, limit, unit in found]


# --- text ------------------------------------------------------------------------------------------------------------

def phase_lines(figures, results):
    for kind, text in PHASED:
        phases = dict(results["phases_ms"][kind])
        if phases:
            whole = phases.pop("cycle")
            rest = ", ".join(f"{name} {ms:.1f}" for name, ms in phases.items())
            yield text.format(**figures), f"{whole:.1f} ms: {rest}"


def target_lines(results):
    for target in results["targets"]:
        yield target["target"], f"{target['value']} {target['unit']}", "met" if target["met"] else "missed"


def memory_line(results):
    mb = results["memory_mb"]
    return (f"daemon {mb['daemon_first_full']} MB after its first full export, {mb['daemon']} MB at the end;"
            f" once {mb['once']} MB")


def probe_line(figures):
    us = statistics.median(figures["create_us"])
    least, most = min(figures["create_us"]), max(figures["create_us"])
    line = f"Creating a file of 4 KB takes {us:.0f} us here ({least:.0f} to {most:.0f})"
    return line + (": slow, because of other load or of files deleted a moment ago; measure again later"
                   if us > SLOW_CREATE_US else "")


def machine_line(machine):
    return (f"{machine['date']}, {machine['cores']} cores, {machine['memory_gb']} GB of memory, load {machine['load']}"
            f" at the start, Linux {machine['kernel']}, PostgreSQL {machine['postgresql']}, {machine['file_system']},"
            f" {machine['version']}")


def table(figures, results, machine, trigger_cost):
    print(machine_line(machine))
    print(f"{figures['users']} users, {figures['countries']} countries, {figures['json_bytes'] / 1e6:.0f} MB of JSON,"
          f" {figures['runs']} runs\n")
    print(f"{'ms':54} {'median':>9} {'min':>9} {'max':>9} {'ratio':>7}")
    for kind, text in KINDS:
        row = results["results"][kind]
        print(f"{text.format(**figures):54} {row['median_ms']:9.1f} {row['min_ms']:9.1f} {row['max_ms']:9.1f}"
              f" {row['ratio']:7.2f}")
    print("\nPhases of the median run, from the daemon's own clock (those of workers added up)")
    for text, line in phase_lines(figures, results):
        print(f"  {text}: {line}")
    print(f"\nPeak memory: {memory_line(results)}\n{probe_line(figures)}\n")
    print(f"Targets, for {TARGET_SIZE}")
    for text, value, verdict in target_lines(results):
        print(f"  {text:44} {value:>10}   {verdict}")
    if trigger_cost:
        print("\n" + trigger_cost, end="")


def markdown(figures, results, machine, trigger_cost):
    print("# Benchmark results\n\nWritten by `tests/bench/run.sh`; run it again to replace this file.\n")
    print(f"Machine: {machine_line(machine)}.\n\n## Method\n")
    print(METHOD.format(megabytes=figures["json_bytes"] / 1e6, **figures))
    print("\n## Results\n\n| ms | median | min | max | ratio to yardstick |\n|---|---:|---:|---:|---:|")
    for kind, text in KINDS:
        row = results["results"][kind]
        print(f"| {text.format(**figures)} | {row['median_ms']:.1f} | {row['min_ms']:.1f} | {row['max_ms']:.1f} |"
              f" {row['ratio']:.2f} |")
    print("\nPhases of the median run, from the daemon's own clock:\n")
    for text, line in phase_lines(figures, results):
        print(f"- {text}: {line}")
    print(f"\nPeak memory: {memory_line(results)}.\n\n{probe_line(figures)}.\n")
    print(f"| target, for {TARGET_SIZE} | measured | |\n|---|---:|---|")
    for text, value, verdict in target_lines(results):
        print(f"| {text} | {value} | {verdict} |")
    if trigger_cost:
        print(f"\n## Cost of the triggers\n\n```\n{trigger_cost}```")


def main():
    if len(sys.argv) not in (4, 5) or sys.argv[1] not in ("table", "json", "markdown"):
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    figures, machine = load(sys.argv[2]), load(sys.argv[3])
    trigger_cost = ""
    if len(sys.argv) == 5:
        with open(sys.argv[4], encoding="utf-8") as file:
            trigger_cost = file.read()
    results = summary(figures)
    if sys.argv[1] == "json":
        everything = {"machine": machine, **figures, **results,
                      "phases_ms": {"median": results["phases_ms"], "runs": figures["phases_ms"]}}
        if trigger_cost:
            everything["trigger_cost"] = trigger_cost.splitlines()
        json.dump(everything, sys.stdout, indent=2)
        print()
    else:
        {"table": table, "markdown": markdown}[sys.argv[1]](figures, results, machine, trigger_cost)


if __name__ == "__main__":
    main()
