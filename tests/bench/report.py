#!/usr/bin/python3
"""Turns the figures of measure.py into text or JSON on standard output and into sections of RESULTS.md. See --help."""

import argparse
import json
import statistics

import blocks
import judgement
import sections
import summary

KINDS = (("yardstick", "yardstick: `COPY` of `row_to_json` into one file"),
         ("first_full", "first full export, all rows pending (`once`)"),
         ("daemon_first_full", "first full export by the daemon, its cycle"),
         ("floor", "floor: the same files, then `COPY` of all rows as text, then the flags"),
         ("full_unchanged", "full export with nothing changed (`once --full`)"),
         ("once_changed", "`once` with {changed} changed users"),
         ("batch", "cycle with {batch} changed users (daemon)"),
         ("batch_floor", "floor of that: {batch} profiles written, synced, renamed over their predecessors, synced"),
         ("changed", "cycle with {changed} changed users (daemon)"),
         ("notify_to_metadata", "`NOTIFY` to new metadata.json, {changed} changed users"),
         ("notify_to_file", "COMMIT with `NOTIFY` to the new file, one changed user"),
         ("noop", "cycle with nothing pending (daemon)"),
         ("python_first_full", "Python peer: all rows"),
         ("python_changed", "Python peer: {changed} changed users"),
         ("script_entity", "shell script: one entity"),
         ("script_changed", "shell script: {changed} changed users"))
LEAST_SHARE = 0.01
MOST_OF_OTHERS = 0.15
FULL_EXPORTS = ("yardstick", "first_full", "full_unchanged", "daemon_first_full")
CPU_PARTS = ("client_s", "client_kernel_s", "server_s", "server_kernel_s")
SLOW_CREATE_US = 100
METHOD_OF_ALL = (
    "Server: private, `fsync` on, `max_wal_size` 4 GB, otherwise as installed, warm; data of"
    " `tests/support/generate.sql`, `sql/install.sql`, `VACUUM ANALYZE`. Build: Release. `CHECKPOINT` and `sync` before"
    " each measurement.",
    "Exports are validated, durable, and their rows marked. The yardstick is none of this, its file is not synced.",
    "Daemon: `debounce = 0ms`, a tree of its own. A cycle's time is that of its log record: from before the snapshot"
    " until all rows are marked.",
    "CPU time: of the program and of all processes of the server (checkpoints and vacuum too), mean per measurement."
    " Wall time cannot be less than the sum of both divided by the number of cores, the last column.",
    "Phases: the daemon's own clock, of the median run. Those of workers are added up, so they can exceed the whole.")
METHOD_OF_USUAL = (
    "{runs} rounds: flags reset, `VACUUM`, then yardstick, first full export into a new directory, full export with"
    " nothing changed, flags reset, Python peer, the peer again with {changed} changed users, the shell script with"
    " {changed} others. Wall time of the whole process. Nothing is deleted in between.",
    "The floor is what a first export cannot do without, one after the other: a program (`floor_main.cpp`) that makes"
    " the same files and directories with two threads and ends with one `syncfs`, then `COPY` of all rows as text, then"
    " one `UPDATE` of the flags of each table.",
    "`once` with {changed} changed users: after full exports and `VACUUM ANALYZE`; the whole process.",
    "Then a daemon, its tree on the disk itself: each round changes {changed} users in one transaction and sends"
    " `NOTIFY`; `SIGUSR1` gives the cycle of nothing. At last {notifications} transactions, each of which changes one"
    " user and carries its `NOTIFY`: from just before the COMMIT until inotify tells of the new file.",
    "The Python peer (`python_peer.py`) fetches `row_to_json` of all pending rows with one query, writes and renames"
    " each file and sets the flags with one UPDATE: no validation, no sync, no indexes. The shell script"
    " (`script_peer.sh`) copies the tree and runs psql for each entity and each flag; it profits from the indexes of"
    " `install.sql`. Its export of all is extrapolated from the time per entity.")
METHOD_OF_LARGE = (
    "Yardstick and first full export once each, with a profiler at 199 Hz during the export; {runs} rounds of"
    " {changed} changed users and of nothing, {runs} batches of {batch} users with `VACUUM ANALYZE` after each, {runs}"
    " commands (`once`) with {changed} changed users, {runs} times the floor of a batch. Database and tree fit into"
    " memory where that is large enough.",
    "The floor of a batch is what such a cycle cannot do without on the side of the files, and nothing on the server's:"
    " a program (`batch_floor_main.cpp`) writes {batch} profiles, `syncfs`, renames each over the one that is there,"
    " `syncfs`.")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def number(value):
    return f"{value:.0f}" if abs(value) >= 10000 else f"{value:.1f}"


# --- parts of a section ----------------------------------------------------------------------------------------------

def machine_line(machine):
    return (f"{machine['date']}, {machine['cores']} cores, {machine['memory_gb']} GB of memory, load {machine['load']}"
            f" at the start, Linux {machine['kernel']}, PostgreSQL {machine['postgresql']}, {machine['version']}."
            f" Trees of full exports: {machine['file_system']}.")


def data_line(figures):
    return (f"{figures['users']} users, {figures['countries']} countries, {figures['json_bytes'] / 1e6:.0f} MB of JSON,"
            f" user index {figures['index_bytes'] / 1e6:.1f} MB.")


def target_table(targets, size):
    rows = [(f"target, for {size}", "measured", "target", "stretch", "verdict")]
    for one in targets:
        unit = one["unit"]
        stretch = f"{one['stretch']:g} {unit}" if one["stretch"] is not None else ""
        rows.append((one["text"], f"{one['value']:.4g} {unit}", f"{one['target']:g} {unit}", stretch, one["verdict"]))
    return blocks.table(rows)


def result_table(figures, results, cores):
    yardstick = results["yardstick"]["median_ms"]
    rows = [("ms", "median", "min", "max", "of yardstick", "n", "CPU of program", "in kernel", "CPU of server",
             "in kernel", "CPU / cores")]
    for kind, name in KINDS:
        if kind not in results:
            continue
        row = results[kind]
        cpu = row.get("cpu_s")
        spent = [""] * 5
        if cpu:
            spent = [number(cpu[part] * 1000) for part in CPU_PARTS]
            spent.append(number((cpu["client_s"] + cpu["server_s"]) * 1000 / cores))
        rows.append((name.format(**figures), number(row["median_ms"]), number(row["min_ms"]), number(row["max_ms"]),
                     f"{row['median_ms'] / yardstick:.2f}", row["samples"], *spent))
    return blocks.table(rows)


def phase_lines(figures, results):
    for kind, name in KINDS:
        phases = dict(results.get(kind, {}).get("phases_ms", {}))
        if phases:
            whole = phases.pop("cycle")
            rest = ", ".join(f"{phase} {ms:.1f}" for phase, ms in phases.items())
            yield f"{name.format(**figures)}: {whole:.1f} ms: {rest}"


def others_line(figures, cores):
    """Whether the machine was ours. Short cycles say nothing: our own waiting for them counts as others."""
    kinds = [kind for kind in FULL_EXPORTS if kind in figures["cpu"]]
    wall = sum(sum(figures["samples_ms"][kind]) for kind in kinds) / 1000 * cores
    others, stolen = (sum(run[part] for kind in kinds for run in figures["cpu"][kind]) / wall
                      for part in ("others_s", "stolen_s"))
    line = (f"During yardstick and full exports other processes and kernel threads had {others * 100:.0f} % of the CPU"
            f" time, and the host of this virtual machine {stolen * 100:.0f} %")
    return line + (": too much, measure again." if others + stolen > MOST_OF_OTHERS else ".")


def memory_line(figures):
    mb = {name: f"{kb / 1024:.1f} MB" for name, kb in figures["memory_kb"].items()}
    once = f"; `once` {mb['once']}" if "once" in mb else ""
    return (f"Peak memory: daemon {mb['daemon_first_full']} after its first full export, {mb['daemon_end']} at the end"
            f"{once}.")


def probe_line(figures):
    us = statistics.median(figures["create_us"])
    least, most = min(figures["create_us"]), max(figures["create_us"])
    line = f"Creating a file of 4 KB takes {us:.0f} us here ({least:.0f} to {most:.0f})"
    line += f", {figures['create_us_on_disk']:.0f} us on the disk itself"
    return line + (": slow, because of other load or of files deleted a moment ago; measure again later."
                   if us > SLOW_CREATE_US else ".")


# --- why a target is missed ------------------------------------------------------------------------------------------

def least_line(name, row, cores, yardstick_ms):
    """What is left when nothing waits: a target below that cannot be met by doing things side by side."""
    program, server = (row["cpu_s"][part] * 1000 for part in ("client_s", "server_s"))
    least = (program + server) / cores
    return (f"{name}: program and server need {program:.0f} + {server:.0f} ms of CPU time, {least:.0f} ms on {cores}"
            f" cores ({least / yardstick_ms:.2f} x the yardstick). The other {row['median_ms'] - least:.0f} ms are"
            " kernel threads that write to the disk, and waiting.")


def where_time_goes(figures, targets, results, cores):
    """Profiles of what missed a target; the phases are above."""
    missed = {one["kind"] for one in targets if not one["met"]}
    names = dict(KINDS)
    if not missed:
        return
    yield blocks.heading("Where the time goes", 3)
    if figures["no_profile"]:
        yield blocks.text(f"No profile: {figures['no_profile']}.")
    # One changed user takes the same way as some.
    for kind in sorted({"changed" if one == "notify_to_file" else one for one in missed}):
        if "cpu_s" in results.get(kind, {}):
            yield blocks.text(least_line(names[kind].format(**figures), results[kind], cores,
                                         results["yardstick"]["median_ms"]))
        profile = figures["profiles"].get(kind)
        if profile:
            processes = sorted(profile["processes"].items(), key=lambda item: -item[1])
            shares = (f"{name} {share * 100:.0f} %" for name, share in processes if share > LEAST_SHARE)
            objects = (f"{one['process']} in {one['object']} {one['share'] * 100:.0f} %" for one in profile["objects"])
            yield blocks.text(f"CPU of {names[kind].format(**figures)}, {profile['samples']} samples of another run: "
                              f"{', '.join(shares)}. By object: {', '.join(objects)}.")
            yield blocks.table([("function", "process", "object", "%"), *(
                (f"`{one['function']}`", one["process"], one["object"], f"{one['share'] * 100:.1f}")
                for one in profile["functions"])])


# --- the whole -------------------------------------------------------------------------------------------------------

def section(title, size, figures, machine, targets, method):
    results = summary.of_figures(figures)
    if "first_full" in results:
        # On the disk itself, where earlier deletions count. That of the large database stands for itself.
        del results["daemon_first_full"]
    cores = int(machine["cores"])
    facts = {**figures, "runs": results["changed"]["samples"],
             "notifications": results.get("notify_to_file", {}).get("samples")}
    return [blocks.heading(title), blocks.text(machine_line(machine)), blocks.text(data_line(figures)),
            target_table(targets, size), result_table(figures, results, cores),
            blocks.text(" ".join((memory_line(figures), probe_line(figures), others_line(figures, cores)))),
            blocks.text("Phases, ms:"), blocks.items(phase_lines(figures, results)),
            *where_time_goes(figures, targets, results, cores), blocks.text("Method:"),
            blocks.items(line.format(**facts) for line in METHOD_OF_ALL + method)]


def build(options):
    """The sections as blocks, and everything as plain data."""
    machine, usual = load(options.machine), load(options.usual)
    targets = judgement.of_usual(usual)
    parts = {"usual": section("Usual size", judgement.size_of(usual), usual, machine, targets, METHOD_OF_USUAL)}
    everything = {"machine": machine, "usual": {**usual, "results": summary.of_figures(usual)}, "large": None,
                  "trigger_cost": None}
    if options.large:
        large = load(options.large)
        large_targets = judgement.of_large(large, usual)
        name, title = ("many", "Many users") if judgement.has_many_users(large) else ("large", "Large")
        parts[name] = section(title, judgement.size_of(large), large, machine, large_targets, METHOD_OF_LARGE)
        everything["large"] = {**large, "results": summary.of_figures(large)}
        targets = targets + large_targets
    if options.trigger_cost:
        with open(options.trigger_cost, encoding="utf-8") as file:
            lines = file.read()
        parts["trigger-cost"] = [blocks.heading("Cost of the triggers"), blocks.text(f"```\n{lines}```")]
        everything["trigger_cost"] = lines.splitlines()
    everything["method"] = list(METHOD_OF_ALL + METHOD_OF_USUAL + METHOD_OF_LARGE)
    everything["targets"] = targets
    return parts, everything


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("format", choices=("table", "json"))
    parser.add_argument("results", help="the file whose sections are replaced")
    parser.add_argument("machine", help="a JSON object that describes the machine")
    parser.add_argument("usual", help="output of measure.py usual")
    parser.add_argument("--large", help="output of measure.py large")
    parser.add_argument("--trigger-cost", help="output of trigger_cost.sh")
    options = parser.parse_args()
    parts, everything = build(options)
    sections.replace(options.results, {name: blocks.markdown(part) for name, part in parts.items()})
    if options.format == "json":
        print(json.dumps(everything, indent=2))
    else:
        print("\n".join(blocks.plain(part) for part in parts.values()), end="")


if __name__ == "__main__":
    main()
