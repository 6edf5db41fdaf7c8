#!/usr/bin/python3
"""Checks what a short run of the benchmark has written.

usage: short_form_check.py JSON RESULTS
"""

import json
import sys

SAMPLES = {"usual": {"yardstick": 1, "first_full": 1, "full_unchanged": 1, "once_changed": 1, "floor": 1,
                     "daemon_first_full": 1, "changed": 1, "notify_to_metadata": 1, "notify_to_file": 5, "noop": 1, "python_first_full": 1,
                     "python_changed": 1, "script_entity": 1, "script_changed": 1},
           "large": {"yardstick": 1, "daemon_first_full": 1, "changed": 1, "notify_to_metadata": 1, "noop": 1,
                     "batch": 1, "batch_floor": 1, "once_changed": 1}}
SIZES = {"usual": (20, 10), "large": (30, 10)}
NO_CPU_OF_ITS_OWN = ("notify_to_metadata", "script_entity", "floor", "batch_floor")
CYCLES = ("first_full", "daemon_first_full", "once_changed", "changed", "batch", "noop", "notify_to_file")
MEMORY = {"usual": {"once", "daemon_first_full", "daemon_end"}, "large": {"daemon_first_full", "daemon_end"}}
TARGETS = {"first_full", "full_unchanged", "changed", "notify_p50", "notify_p99", "beats_python_full",
           "beats_script_full", "beats_python_changed", "beats_script_changed", "large_changed", "large_rate",
           "large_memory", "large_noop", "first_full_floor", "once_changed", "many_once", "many_batch"}
MACHINE = {"date", "cores", "memory_gb", "load", "kernel", "postgresql", "file_system", "version"}

wrong = []


def check(fact, text):
    if not fact:
        wrong.append(text)


def check_size(name, figures):
    check((figures["users"], figures["countries"]) == SIZES[name], f"{name}: number of rows")
    check(figures["json_bytes"] > 20 * 1000, f"{name}: size of the yardstick's file")
    check(figures["index_bytes"] > 20 * 50, f"{name}: size of the index")
    check({kind: len(values) for kind, values in figures["samples_ms"].items()} == SAMPLES[name],
          f"{name}: number of samples")
    check(all(ms > 0 for values in figures["samples_ms"].values() for ms in values), f"{name}: times above zero")
    check(set(figures["cpu"]) == set(SAMPLES[name]) - set(NO_CPU_OF_ITS_OWN), f"{name}: CPU time of each kind")
    for kind in ("yardstick", "daemon_first_full"):
        check(all(run["client_s"] > 0 and run["server_s"] > 0 for run in figures["cpu"][kind]),
              f"{name}: CPU of {kind}")
    for kind in set(CYCLES) & set(SAMPLES[name]):
        check(all(run["cycle"] > 0 and len(run) > 1 for run in figures["phases_ms"][kind]), f"{name}: phases of {kind}")
    check(set(figures["memory_kb"]) == MEMORY[name] and min(figures["memory_kb"].values()) > 1000, f"{name}: memory")
    check(bool(figures["no_profile"]) != bool(figures["profiles"]), f"{name}: profiles, or why there are none")
    for kind, profile in figures["profiles"].items():
        shares = sum(profile["processes"].values())
        check(profile["samples"] == 0 or abs(shares - 1) < 0.001, f"{name}: shares of the profile of {kind}")
    check(set(figures["results"]) == set(SAMPLES[name]), f"{name}: results")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        results = file.read()
    for name in SIZES:
        check_size(name, document[name])
    check(MACHINE <= set(document["machine"]) and all(document["machine"].values()), "machine")
    check({one["name"] for one in document["targets"]} == TARGETS, "names of the targets")
    check(all(one["value"] > 0 and one["verdict"].startswith("met" if one["met"] else "missed by ")
              for one in document["targets"]), "verdicts")
    check(document["method"] and document["trigger_cost"] is None, "method")
    check("\nmeasured earlier\n<!-- end trigger-cost -->" in results, "RESULTS.md keeps what was not measured")
    check("to be replaced" not in results and results.count("<!-- begin ") == 3, "RESULTS.md has what was measured")
    check(all(one["text"] in results for one in document["targets"]), "RESULTS.md has every target")
    for text in wrong:
        print(f"wrong: {text}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
