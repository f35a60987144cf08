"""Two nodes behind HAProxy are restarted one after the other, under load: no request fails."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess

import pytest
import requests
from souk_process import BINARY, Souk, end_with_parent, wait_until

USERS = 40
RESTARTS = 2  # of each node
LONGEST_SECONDS = 300

HAPROXY = """
global
  maxconn 1000
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  retries 3
  option redispatch
frontend shop
  bind 127.0.0.1:{port}
  default_backend nodes
frontend statistics
  bind 127.0.0.1:{statistics}
  stats enable
  stats uri /
backend nodes
  option httpchk GET /readyz
  default-server inter 100ms fall 1 rise 1 check
{servers}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Haproxy:
    def __init__(self, folder, ports):
        self.port, self.statistics = free_port(), free_port()
        servers = "\n".join(f"  server node{i} 127.0.0.1:{port}" for i, port in enumerate(ports))
        file = folder / "haproxy.cfg"
        file.write_text(HAPROXY.format(port=self.port, statistics=self.statistics, servers=servers))
        with (folder / "haproxy.log").open("wb") as log:
            self.process = subprocess.Popen(["haproxy", "-f", file], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=end_with_parent)

    def is_up(self, node):
        with contextlib.suppress(requests.ConnectionError):
            listing = requests.get(f"http://127.0.0.1:{self.statistics}/;csv", timeout=10).text.splitlines()
            names = listing[0].lstrip("# ").split(",")
            rows = [dict(zip(names, line.split(","), strict=False)) for line in listing[1:]]
            return any(row["svname"] == f"node{node}" and row["status"] == "UP" for row in rows)
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


@pytest.mark.slow
@pytest.mark.parametrize("http", ["1.1", "2"])
def test_no_request_fails_while_the_nodes_are_restarted(start_shop, new_folder, servers, http):
    notice = {"SOUK_HTTP_DRAIN_NOTICE": "1s"}  # the default
    first = start_shop(environment=notice)
    environment = os.environ | {"DATABASE_URL": first.database_url, "REDIS_URL": servers[1]} | notice
    folder = new_folder()
    nodes = [first.souk, Souk("serve", folder=folder, environment=environment)]
    report = folder / "report.json"
    with Haproxy(folder, [node.port for node in nodes]) as proxy, contextlib.ExitStack() as stack:
        for number in range(2):
            wait_until(lambda number=number: proxy.is_up(number), (folder / "haproxy.log").read_text)
        load = subprocess.Popen(
            [BINARY, "loadtest", "normal_load", "--url", f"http://127.0.0.1:{proxy.port}", "--users", str(USERS),
             "--duration", f"{LONGEST_SECONDS}s", "--ramp-up", "0s", "--think-time", "10ms", "--no-audit",
             "--tokens", first.souk.folder / "tokens.txt", "--json", report, "--http", http],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=end_with_parent)
        stack.callback(load.kill)
        for _ in range(RESTARTS):
            for number, node in enumerate(nodes):
                assert node.stop() == 0, node.said()
                wait_until(lambda number=number: not proxy.is_up(number), "the proxy still uses the stopped node")
                nodes[number] = stack.enter_context(
                    Souk("serve", folder=new_folder(), environment=environment, port=node.port))
                wait_until(lambda number=number: proxy.is_up(number), nodes[number].said)
        load.send_signal(signal.SIGINT)
        said = load.communicate(timeout=60)[0]
    total = json.loads(report.read_text())["all"]
    assert total["answers"] > 1000, said
    assert total["errors"] == 0, said
