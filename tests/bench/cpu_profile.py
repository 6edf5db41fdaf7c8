"""Where CPU time goes: samples of the whole machine by `perf`, in windows of time that the measurements open."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections import Counter

PER_SECOND = 1999
LISTED = 14
# Who only looks on, and the idle task.
NOT_COUNTED = ("swapper", "perf", "python3")
EXPORTER = "osm-notes-expor"  # as long as a thread's name can be
# Those that write what was written to files, and the journal.
KERNEL_THREADS = ("kworker", "jbd2", "loop", "ksoftirqd", "kswapd", "rcu", "migration", "kcompactd")
MEASURED = ("exporter", "postgres", "psql", "kernel threads")
LEAST_SHARE = 0.01
TEMPLATE_ARGUMENTS = re.compile(r"(?<!operator)<[^<>]*>")


class Profiler:
    """Without a working perf it says why, and its windows do nothing."""

    def __init__(self, work):
        self.work, self.results = work, {}
        self.unusable = self.try_perf()

    def try_perf(self):
        if not shutil.which("perf"):
            return "perf is not installed (package linux-perf or linux-tools)"
        with contextlib.suppress(subprocess.CalledProcessError):
            subprocess.run(["perf", "record", "-q", "-a", "-e", "cpu-clock", "-o", f"{self.work}/perf.try", "true"],
                           check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return ""
        return "perf may not be used here"

    @contextlib.contextmanager
    def of(self, kind, per_second=PER_SECOND):
        """Gives a window, which is a context manager itself and can be entered again and again."""
        if self.unusable:
            yield contextlib.nullcontext()
            return
        recording = Recording(f"{self.work}/perf.{kind}", per_second)
        try:
            yield recording
        finally:
            recording.end()
        self.results[kind] = recording.summary()


class Recording:
    """A `perf record` that counts only inside its windows."""

    def __init__(self, output, per_second):
        self.output = output
        for name in ("control", "answer"):
            os.mkfifo(f"{output}.{name}")
        self.perf = subprocess.Popen(
            ["perf", "record", "-q", "-a", "-e", "cpu-clock", "-F", str(per_second), "-D", "-1", "-o", output,
             "--control", f"fifo:{output}.control,{output}.answer"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # For both directions, so that opening does not wait for a perf that has failed.
        self.control = os.open(f"{output}.control", os.O_RDWR)
        self.answer = open(f"{output}.answer", "rb", buffering=0, opener=lambda path, _: os.open(path, os.O_RDWR))

    def say(self, command):
        if self.perf.poll() is not None:
            raise RuntimeError(f"perf record ended with status {self.perf.returncode}")
        os.write(self.control, command + b"\n")
        self.answer.readline()

    def __enter__(self):
        self.say(b"enable")

    def __exit__(self, *_):
        self.say(b"disable")

    def end(self):
        self.perf.send_signal(signal.SIGINT)
        self.perf.wait()
        os.close(self.control)
        self.answer.close()

    def summary(self):
        """Shares of the samples by process and object file, and the functions with most of them."""
        processes, objects, functions = Counter(), Counter(), Counter()
        for count, name, dso, symbol in self.report():
            process = process_kind(name)
            processes[process] += count
            if process in MEASURED:
                objects[process, dso] += count
                functions[process, dso, function_name(symbol)] += count
        total = processes.total()
        return {"samples": total, "processes": {name: count / total for name, count in processes.most_common()},
                "objects": [{"process": process, "object": dso, "share": count / total}
                            for (process, dso), count in objects.most_common() if count > LEAST_SHARE * total],
                "functions": [{"process": process, "object": dso, "function": symbol, "share": count / total}
                              for (process, dso, symbol), count in functions.most_common(LISTED)]}

    def report(self):
        answer = subprocess.run(["perf", "report", "-i", self.output, "--stdio", "-q", "-F", "sample,comm,dso,sym",
                                 "-t", "\t"], check=True, capture_output=True, text=True, errors="replace")
        fields = [line.split("\t", 3) for line in answer.stdout.splitlines() if line.strip()]
        return [(int(count), comm.strip(), os.path.basename(dso.strip()), symbol.strip()[4:].split("  ")[0])
                for count, comm, dso, symbol in fields if comm.strip() not in NOT_COUNTED]


def function_name(symbol):
    """Without template arguments, which fill pages; a place in an object without symbols has no name."""
    if symbol.startswith("0x"):
        return "(not named)"
    before = None
    while symbol != before:
        before, symbol = symbol, TEMPLATE_ARGUMENTS.sub("", symbol)
    return symbol


def process_kind(name):
    if name.startswith(EXPORTER):
        return "exporter"
    # Others by their own name: it should not have run meanwhile.
    return "kernel threads" if name.startswith(KERNEL_THREADS) else name
