"""Fixtures: databases and folders on the temporary servers of tools/with-servers."""

import os
import pathlib
import shutil
import tempfile

import psycopg2
import pytest
from souk_process import BINARY


@pytest.fixture(scope="session")
def servers():
    """The temporary servers that the environment names: (database URL, Redis URL)."""
    assert BINARY.exists(), f"{BINARY} is not built"
    try:
        return os.environ["SOUK_TEST_DATABASE_URL"], os.environ["SOUK_TEST_REDIS_URL"]
    except KeyError:
        pytest.exit("run under tools/with-servers", returncode=4)


@pytest.fixture(scope="session")
def new_database(servers):
    """Creates a database on each call and returns its URL; all are dropped at the end.

    It is empty, or a copy of the database `template`, which must have no connections.
    """
    server = servers[0]
    names = []

    def on_server(sql):
        connection = psycopg2.connect(server)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
        connection.close()

    def make(template=None):
        name = f"e2e_{os.getpid()}_{len(names)}"
        on_server(f"CREATE DATABASE {name}" + (f" TEMPLATE {template} STRATEGY file_copy" if template else ""))
        names.append(name)
        return f"{server}&dbname={name}"  # a later dbname wins

    yield make
    for name in names:
        on_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def new_folder():
    """Creates an empty folder on each call, owned by the user that Souk switches to when started as root."""
    folders = []

    def make():
        folders.append(pathlib.Path(tempfile.mkdtemp(prefix="e2e-")))
        if os.geteuid() == 0:
            shutil.chown(folders[-1], os.environ.get("SOUK_PROCESS_USER", "postgres"))
        return folders[-1]

    yield make
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def place():
    """A folder whose parents no other user owns (as root, new_folder's are below the servers' user's folder)."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="souk-place-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
