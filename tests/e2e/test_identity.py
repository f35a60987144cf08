"""The user that Souk runs as, and the ownership of its data."""

import contextlib
import grp
import os
import pathlib
import pwd
import re
import shutil
import socket
import stat
import subprocess

import pytest
from souk_process import BINARY, ROOT, START_SECONDS_MAX, Souk, end_with_parent, run_souk, wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give root up")
USER = os.environ.get("SOUK_PROCESS_USER", "postgres")
TRIAL = {"SOUK_PAYMENTS_SANDBOX": "true"}
PRIVILEGED_PORTS = range(1023, 900, -1)


def fields(status):
    return dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)


def statuses(folder):
    """Of processes or threads by id, without those that end meanwhile."""
    for path in pathlib.Path(folder).glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            yield int(path.parent.name), fields(path.read_text())


def threads(pid):
    return [status for _, status in statuses(f"/proc/{pid}/task")]


def has_no_privilege(pid, user):
    """Checks every thread: real, effective and saved ids, and capabilities."""
    account = pwd.getpwnam(user)
    for thread in threads(pid):
        assert thread["Uid"].split() == [str(account.pw_uid)] * 4
        assert thread["Gid"].split() == [str(account.pw_gid)] * 4
        assert thread["Groups"].split() == []
        assert {thread[f"Cap{which}"] for which in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
        assert thread["NoNewPrivs"] == "1"
    return True


def children(pid):
    return [child for child, status in statuses("/proc") if status["PPid"] == str(pid)]


@pytest.fixture
def data(new_folder):
    """A data folder inside a folder that only root can enter."""
    folder = new_folder() / "roots"
    folder.mkdir(mode=0o700)
    return folder / "data"


def up(data, *arguments, **more):
    return Souk("up", "--data", data, "--empty", *arguments, folder=data.parent, **more)


@as_root
def test_serve_gives_root_up_after_it_has_taken_the_port(servers, new_database, new_folder):
    environment = os.environ | TRIAL | {"DATABASE_URL": new_database(), "REDIS_URL": servers[1]}
    assert run_souk("migrate", environment=environment).returncode == 0
    log = new_folder() / "log"
    for port in PRIVILEGED_PORTS:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        break
    with log.open("wb") as file:
        souk = subprocess.Popen([BINARY, "serve", "--port", str(port)], env=environment, stdout=file, stderr=file,
                                preexec_fn=end_with_parent)
    try:
        wait_until(lambda: "Souk serves" in log.read_text(), log.read_text)
        assert len(threads(souk.pid)) > 2
        assert has_no_privilege(souk.pid, USER)
        socket.create_connection(("127.0.0.1", port)).close()
    finally:
        souk.terminate()
        assert souk.wait() == 0
    assert f'"event":"runs_as","user":"{USER}"' in log.read_text()


@as_root
def test_a_user_who_may_not_use_what_is_opened_later_is_said_at_start(servers):
    environment = os.environ | TRIAL | {"DATABASE_URL": servers[0], "REDIS_URL": servers[1]}
    done = run_souk("serve", "--port", 0, "--user", "nobody", environment=environment)
    assert done.returncode == 1
    assert "runs as the user nobody, who may not use" in done.stderr and "host of database.url" in done.stderr


FILES = re.findall(r"the path of a file .*`SOUK_(\w+)`", (ROOT / "docs" / "reference" / "settings.md").read_text())


@pytest.fixture
def migrated(new_database, servers):
    """The environment of `serve` with a migrated database."""
    environment = os.environ | TRIAL | {"DATABASE_URL": new_database(), "REDIS_URL": servers[1]}
    assert run_souk("migrate", environment=environment).returncode == 0
    return environment


@as_root
@pytest.mark.parametrize("setting", [name.lower().replace("_", ".", 1) for name in FILES])
def test_a_file_of_a_setting_that_cannot_be_read_later_is_said_at_start(migrated, place, setting):
    secret = place / "roots.pem"
    for reason in ("No such file or directory", "Permission denied"):
        done = run_souk("serve", "--port", 0, "--user", USER, "--set", f"{setting}={secret}", environment=migrated)
        assert done.returncode == 1
        assert f"runs as the user {USER}, who may not use {secret} ({setting}): {reason}" in done.stderr
        secret.touch(mode=0o600)


@as_root
@pytest.mark.parametrize("keyword", ["passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl"])
def test_a_file_of_the_databases_url_that_cannot_be_read_later_is_said_at_start(migrated, place, keyword):
    secret = place / "roots.pem"
    secret.touch(mode=0o600)
    for environment in ({"DATABASE_URL": f"{migrated['DATABASE_URL']}&{keyword}={secret}"},
                        {f"PG{keyword.upper()}": str(secret)}):
        done = run_souk("serve", "--port", 0, "--user", USER, environment=migrated | environment)
        assert done.returncode == 1
        assert f"who may not use {secret} ({keyword} of database.url)" in done.stderr


# Once, every confirmation failed on every attempt, because Souk could not create the folder.
@as_root
def test_a_maildir_that_cannot_be_made_is_said_at_start(new_database, servers, tmp_path):
    environment = os.environ | TRIAL | {"DATABASE_URL": new_database(), "REDIS_URL": servers[1]}
    assert run_souk("migrate", environment=environment).returncode == 0
    tmp_path.chmod(0o755)
    done = run_souk("serve", "--port", 0, "--user", USER, "--set", f"mail.maildir={tmp_path}/a/mail",
                    environment=environment)
    assert done.returncode == 1
    assert f"runs as the user {USER}, who may not use {tmp_path} (mail.maildir)" in done.stderr


def test_a_user_whom_nobody_knows_or_may_become_is_refused():
    done = run_souk("up", "--data", "unused", "--port", 0, "--user", "no-such-user")
    assert done.returncode == 2 and "no user no-such-user" in done.stderr
    nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run([BINARY, "up", "--data", "unused", "--port", "0", "--user", "root"], cwd="/", text=True,
                          capture_output=True, check=False, **nobody)
    assert done.returncode == 2 and "only root can become" in done.stderr


@as_root
def test_up_gives_root_up_with_a_folder_that_its_user_cannot_walk_to(data):
    for _ in range(2):
        with up(data) as souk:
            servers = children(souk.process.pid)
            assert len(servers) == 2
            for pid in (souk.process.pid, *servers):
                assert has_no_privilege(pid, USER)
            owners = {path.lstat().st_uid for path in (data, *data.rglob("*"))}
            assert owners == {pwd.getpwnam(USER).pw_uid}
            assert stat.S_IMODE(data.stat().st_mode) == 0o700
            assert "/proc/self" not in souk.out.read_text()


@as_root
def test_a_folder_that_an_earlier_souk_kept_as_root_still_starts(data):
    with up(data) as souk:
        assert souk.client().get("/api/products").status_code == 200
    for path in (data, data / "VERSION", data / "lock", data / "postgres.log", data / "redis.log"):
        os.chown(path, 0, 0)
    shutil.chown(data / "redis", "redis", "redis")
    with up(data) as souk:
        assert souk.client().get("/api/products").status_code == 200


@as_root
def test_a_server_that_dies_is_started_again_without_root(data):
    with up(data) as souk:
        before = set(children(souk.process.pid))
        for pid in before:
            os.kill(pid, 9)
        wait_until(lambda: len(set(children(souk.process.pid)) - before) == 2, souk.said)
        wait_until(lambda: souk.client().get("/readyz").status_code == 200, souk.said)


@contextlib.contextmanager
def up_as(environment, data):
    process = subprocess.Popen([BINARY, "up", "--data", data, "--empty", "--port", "0"], env=environment, cwd="/",
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=end_with_parent)
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "Souk is ready" in line:
                break
        else:
            raise AssertionError("".join(said))
        yield process
    finally:
        process.terminate()
        process.communicate()


@as_root
def test_an_owner_is_who_up_becomes(place):
    data = place / "data"
    data.mkdir()
    shutil.chown(place, "nobody")
    shutil.chown(data, "nobody")
    environment = {name: value for name, value in os.environ.items() if name != "SOUK_PROCESS_USER"}
    with up_as(environment, data) as process:
        assert has_no_privilege(process.pid, "nobody")


def refusal(data, **more):
    done = subprocess.run([BINARY, "up", "--data", data, "--empty", "--port", "0"], text=True, capture_output=True,
                          check=False, cwd="/", timeout=START_SECONDS_MAX, **more)
    assert done.returncode == 1
    return done.stderr


# A user who can replace the parent folder could make root write elsewhere.
@pytest.mark.parametrize("mode", [0o777, 0o775])
@pytest.mark.parametrize("there", [True, False])
def test_a_folder_below_one_that_others_can_write_is_refused(place, mode, there):
    data = place / "shared" / "deep" / "data"
    (data if there else data.parent.parent).mkdir(parents=True)
    os.chown(place / "shared", -1, grp.getgrnam("nogroup").gr_gid)
    (place / "shared").chmod(mode)
    assert f"{place}/shared is above the data folder and can be written by other users" in refusal(data)
    assert list((place / "shared").rglob("*")) == ([data.parent, data] if there else [])
    (place / "shared").chmod(0o1777)
    with Souk("up", "--data", data, "--empty", folder=place):
        assert stat.S_IMODE(data.stat().st_mode) & 0o022 == 0


@as_root
@pytest.mark.parametrize("there", [True, False])
def test_a_folder_below_another_users_is_refused(place, there):
    data = place / "theirs" / "data"
    (data if there else data.parent).mkdir(parents=True)
    shutil.chown(place / "theirs", "redis")
    assert f"{place}/theirs is above the data folder and belongs to the user redis" in refusal(data)
    assert list((place / "theirs").rglob("*")) == ([data] if there else [])


@as_root
def test_a_link_above_the_data_folder_is_refused_where_another_user_made_it(place):
    (place / "target").mkdir()
    (place / "link").symlink_to("target")
    os.chown(place / "link", pwd.getpwnam(USER).pw_uid, -1, follow_symlinks=False)
    assert "is a link of the user" in refusal(place / "link" / "data")
    assert list((place / "target").iterdir()) == []
    os.chown(place / "link", 0, -1, follow_symlinks=False)
    with Souk("up", "--data", place / "link" / "data", "--empty", folder=place):
        assert (place / "target" / "data").stat().st_uid == pwd.getpwnam(USER).pw_uid


@as_root
def test_the_owner_of_the_place_gets_a_folder_that_is_made_there(place):
    shutil.chown(place, "redis")
    environment = {name: value for name, value in os.environ.items() if name != "SOUK_PROCESS_USER"}
    with up_as(environment, place / "data") as process:
        assert has_no_privilege(process.pid, "redis")
    assert (place / "data").stat().st_uid == pwd.getpwnam("redis").pw_uid


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_can_write_is_refused(new_folder, mode):
    data = new_folder() / "data"
    data.mkdir()
    data.chmod(mode)
    assert f"{data} can be written by other users" in refusal(data)
    assert list(data.iterdir()) in ([], [data / "lock"])


@as_root
def test_a_link_of_another_user_is_refused(new_folder):
    target, links = new_folder() / "target", new_folder()
    target.mkdir()
    (links / "data").symlink_to(target)
    shutil.chown(target, "root")
    os.chown(links / "data", pwd.getpwnam("nobody").pw_uid, -1, follow_symlinks=False)
    assert "is a link of the user nobody" in refusal(links / "data")
    assert list(target.iterdir()) == []


@as_root
def test_a_folder_of_another_user_is_refused(new_folder):
    data = new_folder() / "data"
    data.mkdir()
    os.chmod(data.parent, 0o755)
    shutil.chown(data, "redis")
    environment = {name: value for name, value in os.environ.items() if name != "SOUK_PROCESS_USER"}
    assert "belongs to the user redis" in refusal(data, user=USER, extra_groups=[], env=environment)
    assert "belongs to the user redis" in refusal(data, env=os.environ | {"SOUK_PROCESS_USER": "nobody"})
    assert list(data.iterdir()) == []


@as_root
def test_a_file_with_a_second_name_is_not_given_away(data, new_folder):
    with up(data):
        pass
    for path in (data, data / "VERSION", data / "lock"):
        os.chown(path, 0, 0)
    precious = new_folder() / "precious"
    precious.write_text("root's")
    os.chown(precious, 0, 0)
    os.link(precious, data / "redis" / "dump.rdb")
    assert "has a second name" in refusal(data)
    assert precious.stat().st_uid == 0
