#!/usr/bin/env python3
"""The mirror to a bucket against `rclone copy` of the same files, with the same number of connections, to an OpenStack
Swift on this machine (tests/support/swift.sh).

    mirror_s3.py --step build/release/tests/s3_step [--objects 2000] [--size 6600] [--connections 16] [--runs 3] [--json]

Both send files that changed over the objects that are there. Runs alternate, each with files of its own content; the
ratio is that of the medians. rclone gets --no-check-dest --s3-no-head, so that it asks for nothing but to store: as fast
as it can be.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

SUPPORT = pathlib.Path(__file__).resolve().parent.parent / "support"
TARGET, STRETCH = 1.0, 0.7


def make_tree(root, objects, size, round_number):
    """Profiles of users as the exporter lays them out, and a metadata.json of generation 2."""
    for user in range(1, objects):
        shard = f"{user % 4096:03x}"
        path = root / "users" / shard[0] / shard[1] / shard[2] / f"{user}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        head = f'{{"user_id": {user}, "round": {round_number}, "fill": "'
        path.write_text(head + "".join(f"{(user * 7919 + i) % 1000:04d} " for i in range((size - len(head)) // 5)) + '"}\n')
    (root / "metadata.json").write_text(json.dumps({
        "export_date": "2026-05-01T12:00:00Z", "export_timestamp": 1777636800, "total_users": objects - 1,
        "total_countries": 0, "version": "1.0.0", "data_schema_hash": "x", "generation": 2}, indent=2) + "\n")


def rclone(config, *arguments):
    environment = {k: v for k, v in os.environ.items() if k != "AWS_CA_BUNDLE"}
    return subprocess.run(["rclone", "--config", config, *arguments], check=True, env=environment,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def swift(action, directory, *more):
    done = subprocess.run([SUPPORT / "swift.sh", action, directory, *more], check=False, text=True,
                          stdout=subprocess.PIPE)
    if done.returncode == 77:
        sys.exit(77)
    done.check_returncode()
    return dict(word.split("=", 1) for word in done.stdout.split())


def measure(options, work, settings):
    config = work / "rclone.conf"
    config.write_text(f"[store]\ntype = s3\nprovider = Other\nendpoint = {settings['SWIFT_URL']}\n"
                      f"access_key_id = {settings['SWIFT_KEY']}\nsecret_access_key = {settings['SWIFT_SECRET']}\n"
                      "region = us-east-1\nforce_path_style = true\n")
    for bucket in ("ours", "theirs"):
        rclone(config, "mkdir", f"store:{bucket}")
    times = {"ours": [], "theirs": []}
    peak_kb = 0
    for round_number in range(options.runs + 1):  # the first fills the buckets
        tree = work / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        make_tree(tree, options.objects, options.size, round_number)
        for who in ("ours", "theirs") if round_number % 2 else ("theirs", "ours"):
            if who == "ours":
                done = subprocess.run([options.step, tree, settings["SWIFT_URL"] + "/ours/data", str(options.connections)],
                                      check=True, text=True, stdout=subprocess.PIPE, env={**os.environ, **settings})
                told = json.loads(done.stdout)
                assert told["written"] == options.objects, told
                seconds, peak_kb = told["seconds"], max(peak_kb, told["peak_kb"])
            else:
                begun = time.monotonic()
                rclone(config, "copy", "--no-check-dest", "--s3-no-head", "--transfers", str(options.connections),
                       tree, "store:theirs/data")
                seconds = time.monotonic() - begun
            if round_number:
                times[who].append(seconds)
    return times, peak_kb


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--step", required=True, help="the program s3_step")
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--size", type=int, default=6600)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not shutil.which("rclone"):
        sys.exit("mirror_s3: no rclone here (tests/support/install_packages.sh test)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end too
    with tempfile.TemporaryDirectory(prefix="exportd-s3-bench-", dir="/var/tmp") as directory:
        work = pathlib.Path(directory)
        work.chmod(0o755)
        settings = swift("start", work / "swift", "2")
        try:
            times, peak_kb = measure(options, work, settings)
        finally:
            swift("stop", work / "swift")
    ours, theirs = (statistics.median(times[who]) for who in ("ours", "theirs"))
    told = {"objects": options.objects, "connections": options.connections, "mirror_s": ours, "rclone_s": theirs,
            "ratio": ours / theirs, "target": TARGET, "stretch": STRETCH, "peak_mb": peak_kb / 1024}
    if options.json:
        print(json.dumps(told))
    else:
        print(f"{options.objects} changed objects, {options.connections} connections: mirror {ours:.2f} s, rclone copy "
              f"{theirs:.2f} s, {ours / theirs:.2f} x (target {TARGET}, stretch {STRETCH}); {peak_kb / 1024:.0f} MB")


if __name__ == "__main__":
    main()
