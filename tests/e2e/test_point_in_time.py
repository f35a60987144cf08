"""Point-in-time recovery: a base backup and archived WAL, recovered into a new cluster."""

import os
import pwd
import subprocess

import pytest
from conftest import PASSWORD
from postgres_server import BINARIES, PostgresServer
from souk_process import Client, Souk, run_souk, wait_until
from test_restore import SEED, append_events, has_hits


class Recovered(PostgresServer):
    """A cluster recovered to its state at `until`; accepts writes after recovery."""

    def __init__(self, base, archive, until):
        self.base = base
        super().__init__("fsync=off", f"restore_command=cp {archive}/%f %p", f"recovery_target_time={until}",
                         "recovery_target_action=promote")

    def initialise(self):
        subprocess.run(["cp", "-a", self.base, self.data], check=True)
        signal_file = self.data / "recovery.signal"
        signal_file.touch()
        os.chown(signal_file, self.data.stat().st_uid, self.data.stat().st_gid)


@pytest.fixture
def archive(new_folder):
    folder = new_folder()
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    return folder


@pytest.fixture
def archived(archive):
    server = PostgresServer("fsync=off", "archive_mode=on", f"archive_command=cp %p {archive}/%f")
    yield server
    server.remove()


def base_backup(server):
    base = server.folder / "base"
    subprocess.run([BINARIES / "pg_basebackup", "-D", base, "-d", server.url, "-X", "none", "-c", "fast", "--no-sync"],
                   check=True, cwd="/", stderr=subprocess.DEVNULL, **server.user)
    return base


def archive_everything(server):
    ((last,),) = server.query("SELECT pg_walfile_name(pg_switch_wal())")
    wait_until(lambda: server.query("SELECT last_archived_wal >= %s FROM pg_stat_archiver", (last,)) == [(True,)],
               server.log)


def signed_in(souk, email):
    shop = souk.client()
    assert shop.post("/api/users", {"email": email, "password": PASSWORD, "name": "A Customer"}).status_code == 201
    answer = shop.post("/api/sessions", {"email": email, "password": PASSWORD})
    return answer.json()["token"]


@pytest.mark.slow
def test_a_recovered_shop_is_as_it_was_and_has_its_cache_jobs_and_sessions(archived, archive, servers, tmp_path):
    def environment(server):
        return os.environ | {"DATABASE_URL": server.url, "REDIS_URL": servers[1]}

    assert run_souk("migrate", environment=environment(archived)).returncode == 0
    base = base_backup(archived)
    done = run_souk(*SEED, environment=environment(archived), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with Souk("serve", folder=tmp_path, environment=environment(archived)) as souk:
        product = souk.client().get("/api/products?limit=1").json()["items"][0]["id"]
        path = f"/api/products/{product}"
        archived.query("UPDATE products SET price = 111 WHERE id = %s", (product,))
        before = signed_in(souk, "before@example.com")
        souk.kill()
    append_events(archived.url, ["order.placed", "order.cancelled"])  # their jobs stay pending
    ((moment,),) = archived.query("SELECT clock_timestamp()::text")

    with Souk("serve", folder=tmp_path, environment=environment(archived)) as souk:
        archived.query("UPDATE products SET price = 222 WHERE id = %s", (product,))
        wait_until(lambda: souk.client().get(path).json()["price"]["amount"] == 222, souk.said)
        assert Client(souk.url, before).delete("/api/sessions").status_code == 204
        after = signed_in(souk, "after@example.com")
        wait_until(lambda: archived.query("SELECT count(*) FROM outbox") == [(0,)], souk.said)
    archive_everything(archived)
    archived.stop()

    recovered = Recovered(base, archive, moment)
    try:
        wait_until(lambda: recovered.query("SELECT pg_is_in_recovery()") == [(False,)], recovered.log)
        assert recovered.query("SELECT count(*) FROM outbox") == [(2,)]
        with Souk("serve", "--set", "statistics.max_delay=100ms", folder=tmp_path,
                  environment=environment(recovered)) as souk:
            client = souk.client()
            assert client.get(path).json()["price"]["amount"] == 111, "Redis tells of what came later"
            wait_until(lambda: recovered.query("SELECT count(*) FROM outbox") == [(0,)], souk.said)
            assert recovered.query("SELECT count(*) FROM dead_letters") == [(0,)]
            wait_until(lambda: has_hits(client, path), lambda: client.get("/metrics").text)
            assert Client(souk.url, before).get("/api/users/me").status_code == 200, "signed out later"
            assert Client(souk.url, after).get("/api/users/me").status_code == 401
            signed_in(souk, "after@example.com")
    finally:
        recovered.remove()
