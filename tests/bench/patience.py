"""How the harness waits, and how it gives up."""

import os
import signal
import sys
import time

PATIENCE_S = 1800


def fail(text, log=None):
    """Ends the program; the end of the log has the details."""
    print(f"measure.py: {text}", file=sys.stderr)
    if log and os.path.exists(log):
        with open(log, encoding="utf-8", errors="replace") as lines:
            sys.stderr.writelines(lines.readlines()[-15:])
    sys.exit(1)


def wait_for(what, condition, step_s, process=None, log=None):
    """The first true value of the condition."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        if process is not None and process.poll() is not None:
            fail(f"the daemon ended before {what}", log)
        if time.monotonic() > deadline:
            fail(f"no sign of {what} after {PATIENCE_S} s", log)
        time.sleep(step_s)
    return value


class Alarm:
    """What takes longer than that inside a with block ends the program."""

    def __enter__(self):
        signal.signal(signal.SIGALRM, lambda *_: fail(f"something took more than {PATIENCE_S} s"))
        signal.alarm(PATIENCE_S)

    def __exit__(self, *_):
        signal.alarm(0)
