"""What the project wants to reach, and how far the figures are from it."""

import summary

# Of what is to be quick with fewer users than the largest there are.
MANY_USERS = 500_000


def size_of(figures):
    return f"{figures['users']:,} users and {figures['countries']} countries"


def has_many_users(figures):
    """And not more of them than what is asked for in that case."""
    return figures["users"] <= MANY_USERS


def short(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def target(name, text, value, unit, wanted, stretch=None, more_is_better=False, kind=None):
    """The kind is the measurement that explains a miss."""
    def reached(limit):
        return limit is not None and (value >= limit if more_is_better else value <= limit)

    if reached(stretch):
        verdict = "met, stretch goal too"
    elif reached(wanted):
        verdict = "met"
    else:
        verdict = f"missed by {short(abs(value - wanted))} {unit} ({abs(value / wanted - 1) * 100:.0f} %)"
    return {"name": name, "text": text, "value": round(value, 3), "unit": unit, "target": wanted, "stretch": stretch,
            "met": reached(wanted), "verdict": verdict, "kind": kind}


def of_usual(figures):
    rows = summary.of_figures(figures)
    median = {kind: row["median_ms"] for kind, row in rows.items()}
    changed, latency = figures["changed"], figures["samples_ms"]["notify_to_file"]
    return [
        target("first_full", "first full export, of the yardstick", median["first_full"] / median["yardstick"], "x",
               1.5, 1.0, kind="first_full"),
        target("first_full_floor", "first full export, of the floor", median["first_full"] / median["floor"], "x",
               1.0, 0.75, kind="first_full"),
        target("once_changed", f"`once` with {changed} changed users, of the Python peer",
               median["once_changed"] / median["python_changed"], "x", 0.35, 0.2, kind="once_changed"),
        target("full_unchanged", "full export with nothing changed, of the yardstick",
               median["full_unchanged"] / median["yardstick"], "x", 0.9, 0.6, kind="full_unchanged"),
        target("changed", f"cycle with {changed} changed users", median["changed"], "ms", 30, 15, kind="changed"),
        target("notify_p50", "COMMIT with NOTIFY to the new file, median", summary.percentile(latency, 50), "ms", 25,
               10, kind="notify_to_file"),
        target("notify_p99", "COMMIT with NOTIFY to the new file, 99th percentile", summary.percentile(latency, 99),
               "ms", 60, 30, kind="notify_to_file"),
        *of_peers(figures, median)]


def of_peers(figures, median):
    """How many times as fast as those that do less. The shell script's export of everything is extrapolated."""
    script_full = median["script_entity"] * (figures["users"] + figures["countries"])
    against = (("python_full", "first full export, against the Python peer", median["python_first_full"],
                "first_full", "first_full"),
               ("script_full", "first full export, against the shell script (extrapolated)", script_full,
                "first_full", "first_full"),
               ("python_changed", f"NOTIFY to metadata.json, {figures['changed']} users, against the Python peer",
                median["python_changed"], "notify_to_metadata", "changed"),
               ("script_changed", f"NOTIFY to metadata.json, {figures['changed']} users, against the shell script",
                median["script_changed"], "notify_to_metadata", "changed"))
    return [target(f"beats_{name}", text, theirs / median[ours], "x", 1.0, more_is_better=True, kind=kind)
            for name, text, theirs, ours, kind in against]


def of_large(figures, usual):
    rows = summary.of_figures(figures)
    rate = summary.profiles_per_second(figures, "daemon_first_full") / summary.profiles_per_second(usual, "first_full")
    targets = [
        target("large_changed", f"cycle with {figures['changed']} changed users", rows["changed"]["median_ms"], "ms",
               1000, 300, kind="changed"),
        target("large_rate", "rate of the first full export, of the rate with few users", rate, "x", 0.8, 0.95,
               more_is_better=True, kind="daemon_first_full"),
        target("large_memory", "peak memory of the daemon in its first full export",
               figures["memory_kb"]["daemon_first_full"] / 1024, "MB", 96, 64, kind="daemon_first_full"),
        target("large_noop", "cycle with nothing pending", rows["noop"]["median_ms"], "ms", 10, 3, kind="noop")]
    if not has_many_users(figures):
        return targets
    return targets + [
        target("many_once", f"`once` with {figures['changed']} changed users", rows["once_changed"]["median_ms"], "ms",
               300, 120, kind="once_changed"),
        target("many_batch", f"cycle with {figures['batch']} changed users", rows["batch"]["median_ms"], "ms",
               500, 300, kind="batch")]
