"""Many clients that disconnect while the database does not answer, and request bodies that no handler reads."""

import os
import re
import signal
import socket
import struct
import subprocess

import pytest
from postgres_server import PostgresServer
from souk_process import MEMORY_FACTOR, Client, Souk, run_souk, wait_until

CLIENTS = 300
BODY_BYTES = 120_000  # the size limit of a product's body
LEFT_SECONDS_MAX = 10  # well below the timeouts of their statements
RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def database():
    server = PostgresServer("fsync=off")
    yield server
    server.remove()


@pytest.fixture
def shop(database, servers, new_folder):
    folder = new_folder()
    environment = os.environ | {"DATABASE_URL": database.url, "REDIS_URL": servers[1]}
    for command in (["migrate"], ["seed", "--products", "300", "--users", "10", "--orders", "10"]):
        done = run_souk(*command, environment=environment, cwd=folder)
        assert done.returncode == 0, done.stderr
    environment = {name: environment[name] for name in ("DATABASE_URL", "REDIS_URL")}
    with Souk("serve", folder=folder, environment=environment) as souk:
        yield souk


def metric(souk, name):
    text = Client(souk.url).get("/metrics").text
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE))


def connect(souk):
    return socket.create_connection(("127.0.0.1", souk.port), timeout=30)


def backends(server):
    """The server's backend processes and its postmaster."""
    main = int((server.data / "postmaster.pid").read_text().split()[0])
    children = subprocess.run(["pgrep", "-P", str(main)], capture_output=True, text=True, check=True).stdout.split()
    return [main, *map(int, children)]


# A cancelled statement keeps its connection until the server confirms, and this server does not answer.
def test_clients_that_leave_a_frozen_database_hold_no_resources(shop, database):
    frozen = backends(database)
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        peers = [connect(shop) for _ in range(CLIENTS)]
        for number, peer in enumerate(peers):
            peer.sendall(f"GET /api/products?q=word{number} HTTP/1.1\r\nHost: souk\r\n\r\n".encode())
        wait_until(lambda: metric(shop, "souk_http_requests_in_flight") > CLIENTS / 2, shop.said)
        for peer in peers:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            peer.close()
        # One of them is the request that reads the metric.
        wait_until(lambda: metric(shop, "souk_http_requests_in_flight") == 1,
                   lambda: metric(shop, "souk_http_requests_in_flight"), seconds=LEFT_SECONDS_MAX)
        assert shop.client().get("/healthz").status_code == 200
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: shop.client().get("/readyz").status_code == 200, shop.said)
    wait_until(lambda: shop.client().get("/api/products?q=kettle").status_code == 200, shop.said)
    wait_until(lambda: metric(shop, "souk_db_waiting") == 0, shop.said)


# Bytes after the head of a request whose body is not read are its body, never another request.
def test_a_body_whose_sender_may_not_send_it_is_neither_kept_nor_read_as_requests(shop):
    head = f"POST /api/products HTTP/1.1\r\nHost: souk\r\nContent-Type: application/json\r\nContent-Length: {BODY_BYTES}\r\n\r\n"
    idle = metric(shop, "process_resident_memory_bytes")
    peers = [connect(shop) for _ in range(CLIENTS // 2)]
    for peer in peers:
        peer.sendall(head.encode() + b"x" * 60_000)
    for peer in peers:
        assert peer.recv(65_536).startswith(b"HTTP/1.1 401 ")
    assert metric(shop, "process_resident_memory_bytes") - idle < len(peers) * 60_000 * MEMORY_FACTOR
    for peer in peers:
        peer.close()
    with connect(shop) as peer:
        peer.sendall(head.encode() + b"GET /healthz HTTP/1.1\r\nHost: souk\r\n\r\n" * 3)
        peer.shutdown(socket.SHUT_WR)
        answers = b""
        while piece := peer.recv(65_536):
            answers += piece
    assert answers.count(b"HTTP/1.1 ") == 1 and answers.startswith(b"HTTP/1.1 401 ")
