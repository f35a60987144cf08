"""`souk up` from its first start to its last, as a user at a terminal sees it."""

import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest
import requests
from souk_process import ANSWER_SECONDS_MAX, BINARY, STOP_SECONDS_MAX, Souk, end_with_parent, run_souk, wait_until


def processes_in(folder):
    """The processes whose working directory is below `folder`."""
    found = []
    for link in pathlib.Path("/proc").glob("[0-9]*/cwd"):
        try:
            if pathlib.Path(os.readlink(link)).is_relative_to(folder):
                found.append(int(link.parent.name))
        except OSError:  # the process has ended
            pass
    return found


@pytest.fixture
def data(new_folder):
    return new_folder() / "data"


def up(data, *arguments):
    return Souk("up", "--data", data, *arguments, folder=data.parent)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_children_included(data, number):
    with up(data, "--empty") as souk:
        assert len(processes_in(data)) >= 2
        assert souk.stop(number) == 0
    assert processes_in(data) == []


def test_the_second_start_has_the_same_shop(data):
    with up(data) as souk:
        first = souk.client().get("/api/products?limit=3").json()
        assert len(first["items"]) == 3
    with up(data) as souk:
        assert souk.client().get("/api/products?limit=3").json() == first
        token_file = data / "admin-token.txt"
        assert str(token_file) in souk.out.read_text()
        assert "Orders are paid in play money" in souk.out.read_text()
        admin = souk.client(token_file.read_text().strip())
        assert admin.get("/api/users/me").json()["isAdmin"]


def test_https_is_served_by_a_certificate_of_the_folders_own_authority(data):
    authority, certificate = data / "tls" / "authority.pem", data / "tls" / "server.pem"

    def fetch(souk):
        url = re.search(r"https://127\.0\.0\.1:\d+", souk.out.read_text()).group()
        found = requests.get(url.replace("127.0.0.1", "localhost") + "/healthz", verify=authority,
                             timeout=ANSWER_SECONDS_MAX)
        assert requests.get(url + "/healthz", verify=authority, timeout=ANSWER_SECONDS_MAX).status_code == 200
        assert f"curl --cacert {authority} " in souk.out.read_text()
        return found.json()

    with up(data, "--empty") as souk:
        assert fetch(souk) == {"status": "ok"}
        assert {oct(file.stat().st_mode & 0o777) for file in (data / "tls").iterdir()} == {"0o600"}
        before = authority.read_bytes(), certificate.read_bytes()
    with up(data, "--empty") as souk:
        assert fetch(souk) == {"status": "ok"}
        assert (authority.read_bytes(), certificate.read_bytes()) == before
    certificate.write_bytes(b"damaged")
    with up(data, "--empty") as souk:
        assert fetch(souk) == {"status": "ok"}
        assert authority.read_bytes() == before[0]


def test_a_signal_while_the_demo_is_made_stops_it_and_the_next_start_makes_it(data):
    data.parent.mkdir(exist_ok=True)
    out = data.parent / "first.txt"
    with out.open("wb") as file:
        first = subprocess.Popen([BINARY, "up", "--data", data, "--port", "0"], stdin=subprocess.DEVNULL,
                                 stdout=file, stderr=file, preexec_fn=end_with_parent)
    try:
        wait_until(lambda: "products" in out.read_text().partition("filling the shop")[2], out.read_text)
        first.send_signal(signal.SIGTERM)
        assert first.wait(STOP_SECONDS_MAX) == 0
    finally:
        first.kill()
    assert "Souk is ready" not in out.read_text()
    assert processes_in(data) == []
    with up(data) as souk:
        assert len(souk.client().get("/api/products?limit=3").json()["items"]) == 3


def test_after_a_kill_the_next_start_recovers_by_itself(data):
    souk = up(data, "--empty")
    souk.kill()
    with up(data, "--empty"):
        pass
    wait_until(lambda: processes_in(data) == [], "the killed run's servers end")


def test_a_port_in_use_is_said_before_anything_else_is_done(data):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run_souk("up", "--data", data, "--port", port)
    assert done.returncode == 1
    assert str(port) in done.stderr and "in use" in done.stderr
    assert not data.exists()


def test_a_data_folder_in_use_names_the_other_souk(data):
    with up(data, "--empty") as souk:
        done = run_souk("up", "--data", data, "--port", 0)
    assert done.returncode == 1
    assert f"process {souk.process.pid}" in done.stderr


def test_a_data_folder_of_another_version_is_left_alone(data):
    data.mkdir()
    (data / "VERSION").write_text("souk-data 99\npostgresql 15\n")
    done = run_souk("up", "--data", data, "--port", 0)
    assert done.returncode == 1
    assert "format 99" in done.stderr and "--data" in done.stderr
    assert [path.name for path in data.iterdir() if path.name != "lock"] == ["VERSION"]
