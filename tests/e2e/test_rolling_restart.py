"""Two nodes behind HAProxy are restarted one after the other, under load: no request fails."""

import contextlib
import json
import os
import signal
import subprocess

import pytest
from haproxy import Balancer
from souk_process import BINARY, Souk, end_with_parent, wait_until

USERS = 40
RESTARTS = 2  # of each node
LONGEST_SECONDS = 300


@pytest.mark.slow
@pytest.mark.parametrize("http", ["1.1", "2"])
def test_no_request_fails_while_the_nodes_are_restarted(start_shop, new_folder, servers, http):
    notice = {"SOUK_HTTP_DRAIN_NOTICE": "3s"}  # a busy machine delays the proxy's checks
    first = start_shop(environment=notice)
    environment = os.environ | {"DATABASE_URL": first.database_url, "REDIS_URL": servers[1]} | notice
    folder = new_folder()
    nodes = [first.souk, Souk("serve", folder=folder, environment=environment)]
    report = folder / "report.json"
    with Balancer(folder, [node.port for node in nodes]) as proxy, contextlib.ExitStack() as stack:
        for number in range(2):
            wait_until(lambda number=number: proxy.is_up(number), (folder / "haproxy.log").read_text)
        load = subprocess.Popen(
            [BINARY, "loadtest", "run", "normal_load", "--url", f"http://127.0.0.1:{proxy.port}", "--users", str(USERS),
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
        assert load.poll() is None, "the load has ended before the last restart"
        load.send_signal(signal.SIGINT)
        said = load.communicate(timeout=60)[0]
    total = json.loads(report.read_text())["all"]
    assert total["answers"] > 1000, said
    assert total["errors"] == 0, said
