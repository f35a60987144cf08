"""A real HAProxy in front of a shop, or of several nodes of one."""

import contextlib
import random
import socket
import subprocess

import requests
from souk_process import end_with_parent, wait_until

# Connections to the shop come from here, so that the tests' own, from 127.0.0.1, are no proxy's.
PROXY_ADDRESS = "127.0.0.2"
PORTS = range(12_000, 22_700)  # connections get theirs from 32768 on

BALANCER = """
global
  maxconn 1000
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 10s
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
  default-server inter 100ms fall 2 rise 1 check
{servers}
"""


def free_port(family=socket.AF_INET, address="127.0.0.1"):
    """Neither it nor a shop's operator's port 10000 above it is one that the kernel gives to a connection meanwhile."""
    for port in random.sample(PORTS, 100):
        with socket.socket(family) as found, contextlib.suppress(OSError):
            found.bind((address, port))
            return port
    raise AssertionError("100 ports are taken")


@contextlib.contextmanager
def haproxy(folder, souk, clients):
    """Forwards bytes to the shop with PROXY protocol 2, TLVs and health checks.

    `clients` are the addresses that it claims its clients have; yields a URL for each.
    """
    urls, frontends = [], []
    for number, client in enumerate(clients):
        is_v6 = ":" in client
        address = "::1" if is_v6 else "127.0.0.1"
        port = free_port(socket.AF_INET6 if is_v6 else socket.AF_INET, address)
        urls.append(f"http://{f'[{address}]' if is_v6 else address}:{port}")
        frontends.append(f"""
frontend client{number}
  bind {address}:{port}
  tcp-request connection set-src {'ipv6' if is_v6 else 'ipv4'}({client})
  default_backend shop
""")
    configuration = folder / "haproxy.cfg"
    configuration.write_text(f"""
global
  maxconn 100
defaults
  mode tcp
  timeout connect 10s
  timeout client 30s
  timeout server 30s
backend shop
  server souk 127.0.0.1:{souk.port} source {PROXY_ADDRESS} send-proxy-v2 proxy-v2-options crc32c check inter 50ms
{''.join(frontends)}
""")
    log = folder / "haproxy.log"
    with log.open("wb") as out:
        process = subprocess.Popen(["haproxy", "-db", "-f", configuration], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=out, preexec_fn=end_with_parent)
    try:
        for url in urls:
            host, port = url.removeprefix("http://").rsplit(":", 1)
            wait_until(lambda at=(host.strip("[]"), int(port)): accepts(at, process), log.read_text)
        yield urls
    finally:
        process.kill()
        process.wait()


def accepts(address, process):
    assert process.poll() is None
    try:
        socket.create_connection(address, timeout=5).close()
    except OSError:
        return False
    return True


class Balancer:
    """Balances requests over the nodes at these ports that are ready."""

    def __init__(self, folder, ports):
        self.port, self.statistics = free_port(), free_port()
        servers = "\n".join(f"  server node{i} 127.0.0.1:{port}" for i, port in enumerate(ports))
        file = folder / "haproxy.cfg"
        file.write_text(BALANCER.format(port=self.port, statistics=self.statistics, servers=servers))
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
