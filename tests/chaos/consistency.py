"""A consistency checker: it records each write and its acknowledgement, and checks every read against them.

It only raises the prices of a few products. A read that returns a lower price than one acknowledged
before the read was sent is stale, by the time between acknowledgement and read.
"""

import bisect
import json
import random
import socket
import threading
import time
import urllib.parse

PRODUCTS = 40
READERS = 3


class Connection:
    """A minimal keep-alive HTTP/1.1 client: the checker shares the machine with the nodes."""

    def __init__(self, url):
        place = urllib.parse.urlsplit(url)
        self.address = (place.hostname, place.port)
        self.socket = None

    def exchange(self, method, path, headers="", body=""):
        """Returns status, header block and body; raises OSError if the server is unreachable."""
        if self.socket is None:
            self.socket = socket.create_connection(self.address, timeout=30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: shop\r\n{headers}"
                                f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            answer = bytearray()
            while (end := answer.find(b"\r\n\r\n")) < 0:
                answer += self.receive()
            head = answer[:end].decode("latin-1")
            length = int(head.lower().partition("content-length:")[2].partition("\r\n")[0] or 0)
            while len(answer) < end + 4 + length:
                answer += self.receive()
            return int(head.split(" ", 2)[1]), head, bytes(answer[end + 4:])
        except OSError:
            self.close()
            raise

    def receive(self):
        piece = self.socket.recv(262144)
        if not piece:
            raise ConnectionResetError
        return piece

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class History:
    """The acknowledged prices of each product and their times; both only rise. One thread adds."""

    def __init__(self, products):
        self.times = {product: [] for product in products}
        self.prices = {product: [] for product in products}

    def add(self, product, price):
        self.prices[product].append(price)
        self.times[product].append(time.monotonic())  # last: it publishes the price

    def staleness(self, product, price, sent):
        """How long before the read was sent a newer price had been acknowledged; 0 if none had."""
        known = len(self.times[product])
        newer = bisect.bisect_right(self.prices[product], price, 0, known)
        return max(0.0, sent - self.times[product][newer]) if newer < known else 0.0


class Node:
    """The results of the reads of one node, checked against a history."""

    def __init__(self, url, history):
        self.url = url
        self.history = history
        self.lock = threading.Lock()
        self.reads = 0
        self.marked = 0  # reads that the node itself marked as stale
        self.errors = 0
        self.worst = 0.0  # staleness in seconds of the reads that were not marked
        self.stale = 0

    def record(self, staleness, marked):
        with self.lock:
            self.reads += 1
            if marked:
                self.marked += 1
            elif staleness > 0:
                self.stale += 1
                self.worst = max(self.worst, staleness)

    def __str__(self):
        return (f"{self.reads} reads, {self.stale} behind by at most {self.worst * 1000:.0f} ms, "
                f"{self.marked} marked stale, {self.errors} errors")


class Checker:
    """Writes through the API of `writer` and directly into the database, and reads from both nodes."""

    def __init__(self, writer, other, admin_token, products, category, execute, pause):
        # The writing node must show its own writes at once, and writes by SQL a little later, like any node.
        self.own, self.history = History(products), History(products)
        self.writer, self.other = Node(writer, self.own), Node(other, self.history)
        self.admin = f"Authorization: Bearer {admin_token}\r\nContent-Type: application/json\r\n"
        self.products = products
        self.list_path = f"/api/products?category={category}&limit=100"
        self.execute = execute  # runs SQL, committed when it returns
        self.pause = pause  # between two writes
        self.delays = []  # from a commit by SQL until the other node serves it
        self.cut_off = False  # of the other node: while it is true, its delays do not count
        self.failures = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.guard, args=(work,))
                        for work in (self.write, *[self.read_other] * READERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        assert not self.failures, self.failures[0]

    def guard(self, work):
        try:
            work()
        except Exception as failure:  # reported by the test's own thread
            self.failures.append(failure)
            self.stopping.set()

    def reads(self):
        return self.writer.reads + self.other.reads

    def read(self, node, connection, path):
        """Records the prices on the page; records nothing if the node did not answer."""
        sent = time.monotonic()
        try:
            status, head, body = connection.exchange("GET", path)
        except OSError:
            node.errors += 1
            time.sleep(0.01)
            return None
        if status != 200:
            node.errors += 1
            return None
        page = json.loads(body)
        prices = {item["id"]: item["price"]["amount"] for item in page.get("items", [page])}
        history = node.history
        behind = max((history.staleness(product, price, sent)
                      for product, price in prices.items() if product in history.times), default=0.0)
        node.record(behind, "detail=stale" in head)
        return prices

    def write(self):
        """Makes one change after the other and reads each back at once from the node that wrote it."""
        connection = Connection(self.writer.url)
        watcher = Connection(self.other.url)
        price = 1_000_000
        while not self.stopping.wait(self.pause):
            price += 1
            product = random.choice(self.products)
            if price % 3 == 0:
                self.execute(f"UPDATE products SET price = {price} WHERE id = '{product}'")
                self.history.add(product, price)
                self.watch(watcher, product, price)
                continue
            body = json.dumps({"price": {"amount": price, "currency": "EUR"}})
            try:
                status, _, _ = connection.exchange("PATCH", f"/api/products/{product}", self.admin, body)
            except OSError:
                status = 0
            if status == 200:
                self.history.add(product, price)
                self.own.add(product, price)
                for path in (f"/api/products/{product}", self.list_path):
                    self.read(self.writer, connection, path)

    def watch(self, connection, product, price):
        """Measures how long the other node takes to serve a change that was committed by SQL."""
        begun = time.monotonic()
        while not self.stopping.is_set():
            prices = self.read(self.other, connection, f"/api/products/{product}")
            if self.cut_off:
                return
            if prices and prices[product] >= price:
                self.delays.append(time.monotonic() - begun)
                return

    def read_other(self):
        connections = {node: Connection(node.url) for node in (self.writer, self.other)}
        while not self.stopping.is_set():
            # Only the writer's own reads have the strictest limit; these count as any client's.
            node = self.other if random.random() < 0.8 else self.writer
            path = (self.list_path if random.random() < 0.2
                    else f"/api/products/{random.choice(self.products)}")
            self.read(node, connections[node], path)
