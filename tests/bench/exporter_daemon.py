"""The daemon under test, and what its log says about its cycles."""

import atexit
import json
import subprocess
import time

from cpu_time import of_process
from patience import fail, wait_for


class ExporterDaemon:
    """Runs on a tree of its own until its with block or the program ends."""

    def __init__(self, bench, tree):
        self.bench, self.tree, self.log = bench, tree, tree + ".log"
        self.read_so_far, self.finished = 0, []
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([bench.binary, "run", *bench.arguments(tree)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        atexit.register(self.end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu(self):
        return of_process(self.process.pid)

    def read_log(self):
        """Takes in what was appended since; a last line that is not complete yet waits."""
        with open(self.log, "rb") as log:
            log.seek(self.read_so_far)
            complete = log.read().rpartition(b"\n")
        self.read_so_far += len(complete[0]) + len(complete[1])
        for line in complete[0].splitlines():
            record = json.loads(line)
            if record.get("event") == "cycle_failed":
                fail(f"a cycle failed: {record}")
            if record.get("event") == "cycle_finished":
                self.finished.append(record)

    def cycles(self):
        self.read_log()
        return self.finished

    def next_cycle(self):
        """The record of the only cycle since the last call."""
        found = wait_for("the end of the cycle", self.cycles, 0.005, self.process, self.log)
        if len(found) != 1:
            fail(f"one cycle expected, not {len(found)}", self.log)
        self.finished = []
        return found[0]

    def first_export(self):
        """Its record, once all rows are marked and no cycle follows it."""
        first = wait_for("the first export", self.cycles, 0.05, self.process, self.log)[0]
        pending = "SELECT sum(pending)::bigint FROM dwh.json_export_status"
        wait_for("all rows marked", lambda: self.bench.session.number(pending) == 0, 0.05, self.process, self.log)
        time.sleep(1)
        self.read_log()
        self.finished = []
        return first

    def generation(self):
        with open(f"{self.tree}/metadata.json", encoding="utf-8") as metadata:
            return json.load(metadata)["generation"]

    def peak_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(next(line.split()[1] for line in status if line.startswith("VmHWM:")))


def phases_of(record):
    """Milliseconds of a cycle's record by phase; `cycle` is the whole."""
    return {"cycle": record["ms"],
            **{name[:-len("_ms")]: value for name, value in record.items() if name.endswith("_ms")}}
