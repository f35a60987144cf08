"""A web server that receives webhooks, records them, and answers as the test decides."""

import dataclasses
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time

CLOCK_SECONDS_MAX = 60


@dataclasses.dataclass
class Received:
    path: str
    headers: dict
    body: bytes

    @property
    def event(self):
        return json.loads(self.body)

    @property
    def event_id(self):
        return self.headers["Souk-Event-Id"]

    def is_signed_with(self, secret):
        """Verifies the signature as a receiver should."""
        parts = [part.split("=", 1) for part in self.headers["Souk-Signature"].split(",")]
        seconds = dict(parts)["t"]
        wanted = hmac.new(secret.encode(), seconds.encode() + b"." + self.body, hashlib.sha256).hexdigest()
        return (any(hmac.compare_digest(wanted, digest) for name, digest in parts if name == "v1")
                and abs(time.time() - int(seconds)) < CLOCK_SECONDS_MAX)


class Receiver:
    """Listens on a free loopback port until closed; `answer(received)` returns the status."""

    def __init__(self, answer=lambda received: 204, *, certificate=None):
        self.answer = answer
        self.received = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                one = Received(self.path, dict(self.headers), body)
                receiver.received.append(one)
                status = receiver.answer(one)
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"{self.scheme}://localhost:{self.server.server_port}/hook"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def of_order(self, order_id):
        return [one for one in list(self.received) if one.event["data"].get("orderId") == order_id]
