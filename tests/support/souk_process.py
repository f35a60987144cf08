"""The real binary as a child process of the test, and a client for it."""

import ctypes
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SOUK_BINARY", ROOT / "build" / "release" / "souk"))
IS_SANITIZED = BINARY.parent.name in ("address", "thread")
# A sanitizer keeps freed memory for a while, and a shadow of all of it.
MEMORY_FACTOR = 4 if IS_SANITIZED else 1
START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 30
# Paths that are served only on the operators' address.
OPERATOR_PATHS = ("/metrics", "/settings", "/traces", "/api/cache/", "/api/jobs")
OPERATOR_PORT_OFFSET = 10_000
ADDRESS = re.compile(r"http://([\d.]+):(\d+)")


def wait_until(condition, what, seconds=START_SECONDS_MAX):
    """Polls until `condition()` is truthy and returns its value; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what() if callable(what) else what}"
        time.sleep(0.01)
    return result


def run_souk(*arguments, environment=None, cwd=None, seconds=STOP_SECONDS_MAX):
    """Runs a command of the binary and waits for it to exit."""
    return subprocess.run([BINARY, *map(str, arguments)], env=environment, cwd=cwd, capture_output=True,
                          text=True, timeout=seconds, check=False)


def end_with_parent():
    """Runs in the child: the child is killed when the test run is killed."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)


def operator_url(url):
    """The operators' address of the shop at `url`, if it is the default."""
    host, port = url.rsplit(":", 1)
    beyond = int(port) + OPERATOR_PORT_OFFSET > 65_535
    return f"{host}:{int(port) + (-OPERATOR_PORT_OFFSET if beyond else OPERATOR_PORT_OFFSET)}"


class Souk:
    """A running `souk serve` or `souk up` on `port`; 0: on a free port that it chose.

    Leaving the `with` block stops it by SIGTERM and requires exit status 0. Its output is in
    `folder`: out.txt for standard output, log.jsonl for standard error. The constructor returns when
    /readyz has the status `ready`; with None at once, and the test calls await_ready(). `under` is a command
    that replaces itself by the one that it is given; `binary` is another build, or a copy.
    """

    def __init__(self, command, *arguments, folder, environment=None, ready=200, port=0, under=(),
                 binary=BINARY):
        self.arguments, self.environment = (command, *arguments), environment
        self.folder = folder
        self.out = folder / "out.txt"
        self.log = folder / "log.jsonl"
        # Defaults: the sandbox payment provider, a stop without a notice to clients that are idle, no shedding,
        # and time for searches: the machine of a test may be slower than a shop's.
        defaults = {"SOUK_HTTP_DRAIN_NOTICE": "0s", "SOUK_ADMISSION_ENABLED": "false", "SOUK_SEARCH_TIMEOUT": "10s"} | (
            {"SOUK_PAYMENTS_SANDBOX": "true"} if command == "serve" else {})
        settings = defaults | os.environ | (environment or {})
        with self.out.open("wb") as out, self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*under, binary, command, "--port", str(port), *map(str, arguments)], cwd=folder,
                env=settings, stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                start_new_session=True, preexec_fn=end_with_parent)
        if ready:
            self.await_ready(ready)

    def await_ready(self, status=200):
        try:
            self.port = int(wait_until(self._address, self.said).group(2))
            self.url = f"http://127.0.0.1:{self.port}"
            wait_until(lambda: self._readiness() == status, self.said)
        except BaseException:
            self.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.returncode is None:
            status = self.stop()
            assert status == 0 or kind is not None, self.said()

    def _address(self):
        assert self.process.poll() is None, self.said()
        return ADDRESS.search(self.out.read_text())

    def _readiness(self):
        assert self.process.poll() is None, self.said()
        try:
            return requests.get(self.url + "/readyz", timeout=ANSWER_SECONDS_MAX).status_code
        except requests.ConnectionError:
            return None

    def said(self):
        return f"exit status {self.process.poll()}\n{self.out.read_text()}\n{self.log.read_text()[-4000:]}"

    def stop(self, number=signal.SIGTERM):
        """Sends the signal and returns the exit status; kills it and fails the test if it takes too long."""
        self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        self.process.kill()
        self.process.wait()

    def client(self, token=None):
        return Client(self.url, token)

    def exchange(self, data, *, close=True):
        """Sends raw bytes on a new connection and returns everything received.

        With `close`, the client's side is shut down after sending, so that the server closes too; without it,
        the answer ends when the server closes the connection by itself.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS_MAX) as peer:
            peer.sendall(data)
            if close:
                peer.shutdown(socket.SHUT_WR)
            answer = bytearray()
            while piece := peer.recv(65536):
                answer += piece
            return bytes(answer)


class Client:
    """An HTTP client for one shop, with a bearer token if one is given.

    Operators' paths are requested on the operators' address."""

    def __init__(self, url, token=None):
        self.url, self.operator_url = url, operator_url(url)
        self.session = requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def request(self, method, path, **more):
        url = self.operator_url if path.startswith(OPERATOR_PATHS) else self.url
        return self.session.request(method, url + path, timeout=ANSWER_SECONDS_MAX, allow_redirects=False, **more)

    def reasons(self):
        """The answer of /readyz that has the reasons, from the operators' address."""
        return self.session.get(self.operator_url + "/readyz", timeout=ANSWER_SECONDS_MAX)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, json=body, **more)

    def put(self, path, body=None, **more):
        return self.request("PUT", path, json=body, **more)

    def patch(self, path, body=None, **more):
        return self.request("PATCH", path, json=body, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)
