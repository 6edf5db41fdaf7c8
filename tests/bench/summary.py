"""Medians and the like of the figures that measure.py prints."""

import math
import statistics

# As a cycle goes through them.
PHASES = ("cycle", "detect", "read", "render", "check", "stage", "index", "sync", "publish", "mark")


def percentile(values, percent):
    """The smallest value that so many percent of all values do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1]


def of_figures(figures):
    """By kind of measurement; milliseconds, and seconds of CPU time per run."""
    return {kind: of_kind(figures, kind) for kind in figures["samples_ms"]}


def of_kind(figures, kind):
    values = figures["samples_ms"][kind]
    row = {"median_ms": statistics.median(values), "min_ms": min(values), "max_ms": max(values),
           "p99_ms": percentile(values, 99), "samples": len(values)}
    cpu = figures["cpu"].get(kind)
    if cpu:
        row["cpu_s"] = {name: statistics.fmean(run[name] for run in cpu) for name in cpu[0]}
    phases = figures["phases_ms"].get(kind)
    if phases:
        row["phases_ms"] = median_phases(phases)
    return row


def median_phases(runs):
    """Phases of the run in the middle; of an even number of runs, the faster one of the two."""
    phases = sorted(runs, key=lambda run: run["cycle"])[(len(runs) - 1) // 2]
    names = sorted(phases, key=lambda name: PHASES.index(name) if name in PHASES else len(PHASES))
    return {name: phases[name] for name in names if phases[name] > 0}


def profiles_per_second(figures, kind):
    """Of a full export, by the cycle's own clock."""
    runs = [run["cycle"] for run in figures["phases_ms"][kind]]
    return (figures["users"] + figures["countries"]) * 1000 / statistics.median(runs)
