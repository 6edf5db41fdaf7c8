#!/usr/bin/python3
"""Runs one of the other benchmarks and keeps what it prints as its section of RESULTS.md.

    tests/bench/record.py [--results FILE] feed        tests/bench/feed.py build/release/daemon/osm-notes-exportd
    tests/bench/record.py [--results FILE] mirror-git  tests/bench/mirror_git.py build/dev/tests/git_step
    tests/bench/record.py [--results FILE] mirror-s3   tests/bench/mirror_s3.py --step build/release/tests/s3_step
    tests/bench/record.py [--results FILE] read-server tests/bench/read_server.py build/release/daemon/osm-notes-exportd

Several commands of one section: with `--` between them. A command that fails leaves the section as it was.
"""
import argparse
import datetime
import os
import platform
import subprocess
import sys

import sections

TITLES = {"feed": "A public change feed", "mirror-git": "A mirror in git", "mirror-s3": "A mirror in a bucket",
          "read-server": "Reading from a standby"}
HERE = os.path.dirname(os.path.abspath(__file__))


def output_of(command):
    """As it comes, for who looks on."""
    text = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            print(line, end="", flush=True)
            text += line
    if child.returncode != 0:
        sys.exit(child.returncode)
    return text


def split(words):
    commands = [[]]
    for word in words:
        if word == "--":
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def machine():
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{datetime.date.today()}, {os.cpu_count()} cores, {memory_gb:.0f} GB of memory, load"
            f" {os.getloadavg()[0]:.2f} at the start, Linux {platform.release()}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("section", choices=TITLES)
    parser.add_argument("--results", default=f"{HERE}/RESULTS.md")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    commands = split(options.command)
    if not commands:
        parser.error("which benchmark?")
    text = f"## {TITLES[options.section]}\n\n{machine()}\n"
    for command in commands:
        shown = " ".join([os.path.relpath(command[0], f"{HERE}/../.."), *command[1:]])
        text += f"\n`{shown}`\n\n```\n{output_of(command)}```\n"
    sections.replace(options.results, {options.section: text})


if __name__ == "__main__":
    main()
