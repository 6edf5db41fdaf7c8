"""RESULTS.md has sections, each of which is replaced on its own: what was not measured this time stays."""

import os
import re

ORDER = ("usual", "many", "large", "trigger-cost", "feed", "mirror-git", "mirror-s3", "read-server")
HEAD = """\
# Benchmark results

Written by `tests/bench/run.sh` and `tests/bench/record.py`. Each section is from the last run that measured it (`--large`,
`--large-users`, `--trigger-cost`).
"""
SECTION = re.compile(r"<!-- begin ([a-z-]+) -->\n(.*?)<!-- end \1 -->\n", re.DOTALL)


def replace(path, new):
    """Writes the file with these sections, a dict from name to text, and the others that it has."""
    old = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            old = dict(SECTION.findall(file.read()))
    texts = {**old, **new}
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD)
        for name in ORDER:
            if name in texts:
                file.write(f"\n<!-- begin {name} -->\n{texts[name]}<!-- end {name} -->\n")
