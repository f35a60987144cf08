"""A streaming standby of a test's PostgreSQL server, which can be frozen, stopped or promoted."""

import contextlib
import os
import signal
import subprocess
import threading

from postgres_server import BINARIES, PostgresServer
from souk_process import wait_until


class Standby(PostgresServer):
    """Replicates `primary` over its unix socket; `url` leads to the standby's database `postgres`.

    With synchronous=True the primary's commits wait for this standby from then on.
    """

    NAME = "standby"

    def __init__(self, primary, *settings, synchronous=False):
        self.primary = primary
        super().__init__(*settings)
        wait_until(self.is_streaming, self.log)
        if synchronous:
            primary.configure("synchronous_standby_names", self.NAME)
            wait_until(lambda: self.state_at_primary() == ("streaming", "sync"), self.log)
            wait_until(self.commits_wait, self.log)

    def initialise(self):
        source = f"postgresql://souk@/postgres?host={self.primary.folder}&application_name={self.NAME}"
        subprocess.run([BINARIES / "pg_basebackup", "-D", self.data, "-d", source, "-R", "-X", "stream", "-c", "fast",
                        "--no-sync"], check=True, cwd="/", **self.user)

    def state_at_primary(self):
        """(state, sync_state) as the primary sees it, or None."""
        rows = self.primary.query("SELECT state, sync_state FROM pg_stat_replication "
                                  f"WHERE application_name = '{self.NAME}'")
        return tuple(rows[0]) if rows else None

    def is_streaming(self):
        return (self.state_at_primary() or ("",))[0] == "streaming"

    def commits_wait(self):
        """Whether a commit waits for this standby: not before the primary's checkpointer has read the setting, which
        new connections show earlier.
        """
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        message = "SELECT pg_logical_emit_message(true, 'souk', '')"
        commit = threading.Thread(target=self.primary.query, args=(message,))
        self.freeze()
        try:
            commit.start()
            wait_until(lambda: not commit.is_alive() or self.primary.query(waiting) == [(1,)], self.log)
            return commit.is_alive()
        finally:
            self.thaw()
            commit.join()

    def processes(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [self.process.pid, *map(int, children.stdout.split())]

    def freeze(self):
        """Stops all its processes by SIGSTOP; its connections stay open."""
        for pid in self.processes():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in reversed(self.processes()):
            with contextlib.suppress(ProcessLookupError):  # the process has ended meanwhile
                os.kill(pid, signal.SIGCONT)

    def promote(self):
        """Returns when it accepts writes. The caller must stop the old primary first."""
        self.query("SELECT pg_promote()")
        wait_until(lambda: self.query("SELECT pg_is_in_recovery()") == [(False,)], self.log)

    def remove(self):
        if self.process is not None:
            self.thaw()
        super().remove()
