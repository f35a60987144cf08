"""Clients that are slow on purpose, in processes of their own.

Each client acts once a second, in an instant of its own: clients of the real world do not act together. The processes
run only when nothing else wants their core (SCHED_IDLE), as if they were on another machine, and each connects from an
address of its own: the kernel searches long for a free port of an address that has 18,000 connections."""

import contextlib
import multiprocessing
import os
import random
import socket
import time

from pinned import LOAD_CORE

LIST = b"GET /api/products?limit=100 HTTP/1.1\r\nHost: shop\r\n\r\n"
LISTS_ASKED = 50  # by one reader, at once
READ_BYTES = 4096  # a second: more than http.write_timeout requires
HEAD = b"GET /api/products HTTP/1.1\r\nHost: shop\r\nX-Slow: "
TICK = 0.0005
START_SECONDS_MAX = 60
IP_BIND_ADDRESS_NO_PORT = 24  # of Linux; the socket module has no name for it


class Client:
    """`turn` lets a second pass; False: the shop has ended the connection."""

    def __init__(self, address, port):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        self.socket.bind((address, 0))
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(self.FIRST)
        self.socket.setblocking(False)

    def read(self, size):
        try:
            return bool(self.socket.recv(size))
        except BlockingIOError:
            return True
        except OSError:
            return False


class Reader(Client):
    """Asks for much, and reads it slowly."""
    FIRST = LIST * LISTS_ASKED

    def turn(self):
        return self.read(READ_BYTES)


class Sender(Client):
    """Sends a head byte by byte; any answer is that it was too slow."""
    FIRST = HEAD

    def turn(self):
        try:
            self.socket.recv(READ_BYTES)
        except BlockingIOError:
            with contextlib.suppress(OSError):
                return self.socket.send(b"x") == 1
        except OSError:
            pass
        return False


def run(address, port, kinds, counts, stopping):
    """One process: `counts` are its connections that are open, and those that the shop has ended."""
    os.sched_setaffinity(0, {LOAD_CORE})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    ticks = round(1 / TICK)
    slots = [[] for _ in range(ticks)]
    waiting = list(kinds)
    due, tick = time.monotonic(), 0
    while not stopping.is_set():
        slot = slots[tick % ticks]
        for client in list(slot):
            if not client.turn():
                client.socket.close()
                slot.remove(client)
                random.choice(slots).append(type(client)(address, port))
                counts[1] += 1
        if waiting:
            slot.append(waiting.pop()(address, port))
            counts[0] += 1
        tick, due = tick + 1, due + TICK
        time.sleep(max(0, due - time.monotonic()))


class SlowClients:
    """While the block runs: `readers` and `senders`, all connected when it begins."""

    def __init__(self, port, readers, senders, processes=4):
        kinds = random.sample([Reader, Sender], readers + senders, counts=[readers, senders])
        self.count = len(kinds)
        self.stopping = multiprocessing.Event()
        self.counts = [multiprocessing.Array("q", 2, lock=False) for _ in range(processes)]
        self.processes = [
            multiprocessing.Process(target=run, args=(f"127.0.1.{i + 1}", port, kinds[i::processes], counts,
                                                      self.stopping), daemon=True)
            for i, counts in enumerate(self.counts)]

    def __enter__(self):
        for process in self.processes:
            process.start()
        deadline = time.monotonic() + START_SECONDS_MAX
        while sum(counts[0] for counts in self.counts) < self.count:
            if time.monotonic() > deadline or not all(process.is_alive() for process in self.processes):
                raise SystemExit("the slow clients could not connect")
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for process in self.processes:
            process.join()

    def ended(self):
        return sum(counts[1] for counts in self.counts)
