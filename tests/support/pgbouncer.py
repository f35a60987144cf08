"""Debian's PgBouncer in front of a test's PostgreSQL server."""

import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile

import psycopg2
from souk_process import end_with_parent, wait_until

PROGRAM = "/usr/sbin/pgbouncer"
PORT = 6432  # part of the unix socket's name


class PgBouncer:
    """Pools the database of `database_url`, which is on a unix socket; `url` leads to it through PgBouncer."""

    def __init__(self, database_url, pool_mode, **settings):
        parameters = psycopg2.extensions.parse_dsn(database_url)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="souk-pgbouncer-", dir="/tmp"))
        user = {}
        if os.geteuid() == 0:  # PgBouncer refuses to run as root
            account = pwd.getpwnam("postgres")
            user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        (self.folder / "users.txt").write_text(f'"{parameters["user"]}" ""\n')
        lines = {"unix_socket_dir": self.folder, "listen_addr": "", "listen_port": PORT, "auth_type": "trust",
                 "auth_file": self.folder / "users.txt", "pool_mode": pool_mode, "default_pool_size": 80, **settings}
        (self.folder / "pgbouncer.ini").write_text(
            f"[databases]\n{parameters['dbname']} = host={parameters['host']}\n[pgbouncer]\n"
            + "".join(f"{name} = {value}\n" for name, value in lines.items()))
        self.url = f"postgresql://{parameters['user']}@/{parameters['dbname']}?host={self.folder}&port={PORT}"
        log = self.folder / "log"
        with log.open("wb") as output:
            self.process = subprocess.Popen([PROGRAM, self.folder / "pgbouncer.ini"], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, cwd="/", start_new_session=True,
                                            preexec_fn=end_with_parent, **user)
        wait_until(self.takes_connections, log.read_text)

    def takes_connections(self):
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.folder / f".s.PGSQL.{PORT}")) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()  # SIGINT and SIGQUIT are ignored in a shell's background jobs
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
