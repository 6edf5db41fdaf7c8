#!/usr/bin/env python3
"""No include points up or sideways: rooms may use those that stand before them, and no files use each other in a ring.

A file and its header are one here. usage: include_order.py SOURCE_DIR
"""
import pathlib
import re
import sys

# Each room may use its own files and those of the rooms before it. "" is what stands beside the rooms, on top of all.
ORDER = {
    "lib/src": ["files", "pg", "source", "document", "schema", "publish", "index", "cycle", "verify", ""],
    "daemon": ["log", "settings", "schedule", "listen", "cycles", "status", "http", "command", "app", ""],
}
# Beside the rooms of the daemon, and used by all of them.
GROUND = {"daemon": ["asio", "exit_codes", "systemd"]}


def includes(base):
    """The files of a house, by the file without its ending."""
    modules = {}
    for path in sorted(base.rglob("*.[ch]pp")):
        name = path.relative_to(base).with_suffix("").as_posix()
        found = re.findall(r'^#include "([^"]+)\.hpp"', path.read_text(), re.MULTILINE)
        modules.setdefault(name, set()).update(target for target in found if target != name)
    return modules


def room(module):
    return module.rpartition("/")[0]


def against_the_order(base, modules):
    order, ground = ORDER[base], GROUND.get(base, [])
    for module, targets in modules.items():
        if room(module) not in order:
            yield f"{base}/{module}: a room that the order does not name"
            continue
        for target in sorted(targets):
            known = target in modules and target not in ground
            if known and order.index(room(target)) > order.index(room(module)):
                yield f"{base}/{module} includes {target}, which is above it"


def rings(base, modules):
    """Takes away what uses nothing that is left; what then remains is a ring, or uses one."""
    left = dict(modules)
    while True:
        free = [module for module, targets in left.items() if not any(target in left for target in targets)]
        if not free:
            break
        for module in free:
            del left[module]
    for module, targets in sorted(left.items()):
        within = sorted(target for target in targets if target in left)
        yield f"{base}/{module} is in a ring of includes, or above one: {', '.join(within)}"


def main():
    source = pathlib.Path(sys.argv[1])
    mistakes = []
    for base in ORDER:
        modules = includes(source / base)
        if len(modules) < 20:
            mistakes.append(f"{base}: only {len(modules)} files were found")
        mistakes += [*against_the_order(base, modules), *rings(base, modules)]
    print("\n".join(mistakes) or "includes go one way")
    return 1 if mistakes else 0


sys.exit(main())
