"""What all measurements share: the filled database, the program under test, and the figures so far."""

import os
import signal
import subprocess
import sys
import time

from cpu_time import Meter, Server, of_usage
from patience import Alarm, fail
from session import Session

CHANGED = 50
BATCH = 4000
PROBE_FILES = 500
# Beside the environment, which run.sh cleans.
SETTINGS = ("schedule.debounce=0ms", "schedule.poll_interval=1h", "log.format=json")
# The user index of a very large database exceeds the default. Programs that do not know the key have no limit.
INDEX_LIMIT = "export.index_max_size=1000MB"
TABLES = ("datamartusers", "datamartcountries")


class Bench:
    def __init__(self, binary, schema_dir, work, disk, database):
        self.binary, self.schema_dir, self.work, self.disk, self.database = binary, schema_dir, work, disk, database
        self.floor, self.batch_floor = (os.path.join(os.path.dirname(binary), name) for name in ("floor", "batch_floor"))
        self.session = Session(database)
        self.server = Server(os.environ["PGHOST"])
        self.settings = SETTINGS
        if subprocess.run([binary, "check-config", "--set", INDEX_LIMIT, *self.arguments(f"{work}/tree")],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            self.settings += (INDEX_LIMIT,)
        self.users = self.session.number("SELECT count(*) FROM dwh.datamartusers WHERE user_id >= 1")
        self.countries = self.session.number("SELECT count(*) FROM dwh.datamartcountries WHERE country_id >= 1")
        self.samples, self.cpu, self.phases, self.memory_kb = {}, {}, {}, {}
        self.json_bytes = self.index_bytes = 0
        self.create_us = []
        self.create_us_on_disk = self.probe(f"{disk}/probe")

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def record(self, kind, ms, cpu=None, phases=None):
        self.samples.setdefault(kind, []).append(ms)
        if cpu:
            self.cpu.setdefault(kind, []).append(cpu)
        if phases:
            self.phases.setdefault(kind, []).append(phases)

    def arguments(self, tree):
        conninfo = f"host={os.environ['PGHOST']} user=osm_notes_exporter dbname={self.database}"
        settings = (f"database.conninfo={conninfo}", f"output.directory={tree}", f"export.schema_dir={self.schema_dir}")
        return [word for setting in settings + self.settings for word in ("--set", setting)]

    # --- the state before a measurement -------------------------------------------------------------------------------

    def all_pending(self):
        for table in TABLES:
            self.session.run(f"UPDATE dwh.{table} SET json_exported = false WHERE json_exported IS NOT FALSE")
            self.session.run(f"VACUUM dwh.{table}")

    def vacuum(self):
        """What autovacuum does within a minute of a large change."""
        for table in TABLES:
            self.session.run(f"VACUUM ANALYZE dwh.{table}")

    def change_users(self, salt, count=CHANGED):
        """Changes some users, others with each salt, in one transaction; returns how many."""
        keys = self.session.run("SELECT dimension_user_id FROM dwh.datamartusers WHERE user_id >= 1"
                                " ORDER BY md5(%s || ' ' || user_id), 1 LIMIT %s", str(salt), count)
        self.settle()
        self.session.run("UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1"
                         " WHERE dimension_user_id = ANY (%s)", [key for key, in keys])
        return len(keys)

    def settle(self):
        """What was written before is on the disk, by server and kernel, so that it does not count."""
        self.session.run("CHECKPOINT")
        os.sync()

    def probe(self, directory):
        """Microseconds to create a file, without our code: ten times the usual where files were deleted lately."""
        os.mkdir(directory)
        begin = time.monotonic()
        for number in range(PROBE_FILES):
            with open(f"{directory}/{number}", "xb", buffering=0) as file:
                file.write(b"x" * 4096)
        return (time.monotonic() - begin) * 1e6 / PROBE_FILES

    # --- one measurement ----------------------------------------------------------------------------------------------

    def timed(self, command, output, given=os.devnull):
        """Runs a command, with that file as its input: milliseconds from start to exit, CPU time, process id, peak
        memory."""
        with open(output, "wb") as out, open(output + ".err", "wb") as err, open(given, "rb") as read:
            meter, begin = Meter(self.server), time.monotonic()
            child = subprocess.Popen(command, stdin=read, stdout=out, stderr=err)
            try:
                with Alarm():
                    _, status, usage = os.wait4(child.pid, 0)
            except BaseException:
                child.send_signal(signal.SIGTERM)
                child.wait()
                raise
            ms = (time.monotonic() - begin) * 1000
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            fail(f"{command[0]} ended with status {child.returncode}", output + ".err")
        self.wait_for_sessions_to_end()
        return ms, meter.stop(of_usage(usage)), child.pid, usage.ru_maxrss

    def wait_for_sessions_to_end(self):
        """The CPU time of a session that is about to end is complete afterwards."""
        others = ("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                  " AND pid <> pg_backend_pid() AND datname = current_database()")
        deadline = time.monotonic() + 10
        while self.session.number(others) > 0:
            if time.monotonic() > deadline:
                fail("sessions of a command that ended are still there")
            time.sleep(0.01)

    # --- the end ------------------------------------------------------------------------------------------------------

    def figures(self):
        return {"users": self.users, "countries": self.countries, "changed": CHANGED, "batch": BATCH,
                "json_bytes": self.json_bytes,
                "index_bytes": self.index_bytes, "samples_ms": self.samples, "cpu": self.cpu, "phases_ms": self.phases,
                "memory_kb": self.memory_kb, "create_us": self.create_us,
                "create_us_on_disk": self.create_us_on_disk}
