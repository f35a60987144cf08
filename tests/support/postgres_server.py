"""A private PostgreSQL server for one test, which can be stopped, killed and restarted."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

import psycopg2
from souk_process import end_with_parent, wait_until

BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")


class PostgresServer:
    """Listens on a unix socket; `url` leads to its database `postgres`."""

    def __init__(self, *settings):
        self.settings = settings
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="souk-postgres-"))
        self.user = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            self.user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.data = self.folder / "data"
        self.url = f"postgresql://souk@/postgres?host={self.folder}"
        self.process = None
        self.initialise()
        self.start()

    def initialise(self):
        """Creates the data folder: a copy of tools/with-servers' cluster if there is one."""
        kept = os.environ.get("SOUK_TEST_CLUSTER")
        making = ["cp", "-a", "--reflink=auto", kept, self.data] if kept and os.path.exists(kept) else [
            BINARIES / "initdb", "-D", self.data, "-U", "souk", "--auth=trust", "--no-sync", "--encoding=UTF8",
            "--locale=C.UTF-8"]
        subprocess.run(making, check=True, stdout=subprocess.DEVNULL, cwd="/", **self.user)

    def query(self, sql, parameters=()):
        """Runs one statement in a new connection and transaction; returns its rows."""
        connection = psycopg2.connect(self.url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def configure(self, name, value):
        """Sets a server parameter that takes effect on reload, and reloads."""
        self.query(f"ALTER SYSTEM SET {name} = '{value}'")
        self.query("SELECT pg_reload_conf()")
        wait_until(lambda: self.query(f"SHOW {name}") == [(value,)], self.log)

    def log(self):
        return (self.folder / "log").read_text()[-2000:]

    def start(self):
        """Returns when the server accepts connections."""
        arguments = [BINARIES / "postgres", "-D", self.data, "-k", self.folder, "-c", "listen_addresses="]
        for setting in self.settings:
            arguments += ["-c", setting]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                                            start_new_session=True, preexec_fn=end_with_parent, **self.user)
        pid_file = self.data / "postmaster.pid"
        wait_until(lambda: pid_file.exists() and pid_file.read_text().startswith(f"{self.process.pid}\n")
                   and "ready" in pid_file.read_text(), self.log)

    def stop(self, number=signal.SIGINT):
        """SIGINT: disconnects sessions and shuts down cleanly (fast); SIGQUIT: like a crash (immediate)."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None

    def remove(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)
