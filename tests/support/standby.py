"""A hot standby of a PostgresServer, to promote, stop and start."""

import os
import pathlib
import subprocess
import tempfile

from postgres_server import BINARIES, PostgresServer
from souk_process import wait_until


class Standby(PostgresServer):
    """Streams from `primary`, under that application_name; `url` as the primary's."""

    def __init__(self, primary, *settings, name="standby"):
        self.settings = settings
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="souk-postgres-", dir="/tmp"))
        self.user = primary.user
        if self.user:
            os.chown(self.folder, self.user["user"], self.user["group"])
        self.data = self.folder / "data"
        self.url = f"postgresql://souk@/postgres?host={self.folder}"
        source = f"host={primary.folder} user=souk application_name={name}"
        subprocess.run([BINARIES / "pg_basebackup", "-d", source, "-D", self.data, "-R", "-X", "stream",
                        "--checkpoint=fast", "--no-sync"], check=True, cwd="/", **self.user)
        self.process = None
        self.start()

    def in_recovery(self):
        answer = subprocess.run([BINARIES / "psql", "-AtX", "-c", "SELECT pg_is_in_recovery()", self.url],
                                capture_output=True, text=True, check=False)
        return answer.stdout.strip() != "f"

    def promote(self):
        """Returns when it may be written."""
        subprocess.run([BINARIES / "pg_ctl", "promote", "-D", self.data], check=True, stdout=subprocess.DEVNULL,
                       cwd="/", **self.user)
        wait_until(lambda: not self.in_recovery(), "the standby is promoted")
