"""CPU time of processes that are not our children, as the kernel counts it.

Sums are exact: the scheduler's clock of a living process, which includes its threads that ended. Only the part that was
spent in the kernel comes in ticks of 10 ms, so it says little about a single short cycle.
"""

import os
import time

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# Of the encoding of clock ids in Linux: the scheduler's clock of a whole process.
SCHED_CLOCK = 2


def of_process(pid):
    """Seconds on all CPUs, and those of them in the kernel."""
    return time.clock_gettime((~pid << 3) | SCHED_CLOCK), int(stat(pid)[12]) * TICK_S


def stat(pid):
    """Fields of /proc/PID/stat from the third on: the second, a name, can contain anything."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


class Server:
    """All processes of a private server, also those that ended: checkpoints and vacuum are its work too."""

    def __init__(self, directory):
        with open(f"{directory}/data/postmaster.pid", encoding="ascii") as file:
            self.pid = int(file.readline())

    def read(self):
        """A process that ends meanwhile would be counted twice or not at all, so the sum is taken again then."""
        while True:
            children = self.children()
            try:
                sums = [of_process(pid) for pid in (self.pid, *children)]
            except OSError:
                continue
            ended = [int(ticks) * TICK_S for ticks in stat(self.pid)[13:15]]
            if self.children() == children:
                return sum(total for total, _ in sums) + sum(ended), sum(kernel for _, kernel in sums) + ended[1]

    def children(self):
        """Those that run; one that has ended but is not collected yet is waited for."""
        while True:
            states = {}
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    fields = stat(pid)
                except OSError:
                    continue
                if int(fields[1]) == self.pid:
                    states[int(pid)] = fields[0]
            if "Z" not in states.values():
                return set(states)


def of_machine():
    """Seconds that anything ran, and those that the host of a virtual machine gave to others meanwhile."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, kernel, _, _, irq, soft_irq, stolen = map(int, file.readline().split()[1:9])
    return (user + nice + kernel + irq + soft_irq) * TICK_S, stolen * TICK_S


def of_usage(usage):
    """The same of a child that wait4 has told about, with its own children."""
    return usage.ru_utime + usage.ru_stime, usage.ru_stime


class Meter:
    """CPU seconds from now on: of a client and of the server, of the rest of the machine, and of nobody here."""

    def __init__(self, server, client=(0.0, 0.0)):
        self.server, self.before = server, (*client, *server.read(), *of_machine())

    def stop(self, client):
        now = (*client, *self.server.read(), *of_machine())
        spent = dict(zip(("client_s", "client_kernel_s", "server_s", "server_kernel_s", "others_s", "stolen_s"),
                         (end - begin for end, begin in zip(now, self.before))))
        spent["others_s"] -= spent["client_s"] + spent["server_s"]
        return spent
