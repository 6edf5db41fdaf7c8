#!/usr/bin/env python3
"""Checks every published file of a tree against its JSON Schema with a validator that is not ours.

    validate_tree.py TREE SCHEMA_DIR

Prints one line per failure and ends with 1; ends with 0 when all files are valid.
"""

import json
import sys
from pathlib import Path

from jsonschema import Draft7Validator

SCHEMAS = {
    "users/**/*.json": "user-profile",
    "countries/*.json": "country-profile",
    "indexes/users.json": "user-index",
    "indexes/countries.json": "country-index",
    "global_stats.json": "global-stats",
    "global_stats_summary.json": "global-stats-summary",
    "metadata.json": "metadata",
}
# Where they are made.
FURTHER = {
    "indexes/users/top.json": "user-index",
    "indexes/users/shards.json": "index-shards",
    "indexes/users/names/*/*.json": "index-pairs",
    "indexes/users/bigrams/*/*.json": "index-pairs",
}


def main(tree, schema_dir):
    failures = 0
    for pattern, name in {**SCHEMAS, **FURTHER}.items():
        validator = Draft7Validator(json.loads((schema_dir / f"{name}.schema.json").read_text(encoding="utf-8")))
        paths = sorted(tree.glob(pattern))
        if not paths and pattern in SCHEMAS:
            failures += 1
            print(f"{pattern}: no such file")
        for path in paths:
            for error in validator.iter_errors(json.loads(path.read_text(encoding="utf-8"))):
                failures += 1
                print(f"{path}: {error.json_path}: {error.message}")
    return failures


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1]), Path(sys.argv[2])) else 0)
