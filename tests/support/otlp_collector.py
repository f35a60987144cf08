"""A collector of traces: receives OTLP over HTTP in JSON, checks each request against the protocol's schema, and
records the spans.
"""

import contextlib
import dataclasses
import http.server
import json
import ssl
import threading
import time

import jsonschema


def message(**members):
    """A message of a .proto file; in JSON every member may be missing, and no other may be there."""
    return {"type": "object", "properties": members, "additionalProperties": False}


def required(schema, *names):
    return schema | {"required": list(names)}


def several(items):
    return {"type": "array", "items": items}


TEXT = {"type": "string"}
UINT32 = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
# 64-bit integers are decimal text, bytes of ids are hexadecimal, enumerations are numbers (OTLP 1.x, "JSON Protobuf
# Encoding").
INT64 = {"type": "string", "pattern": "^-?[0-9]{1,19}$"}
UINT64 = {"type": "string", "pattern": "^[0-9]{1,20}$"}
TRACE_ID = {"type": "string", "pattern": "^(?!0{32})[0-9a-f]{32}$"}
SPAN_ID = {"type": "string", "pattern": "^(?!0{16})[0-9a-f]{16}$"}
# common/v1/common.proto. Of AnyValue's oneof exactly one is set.
ANY_VALUE = message(stringValue=TEXT, boolValue={"type": "boolean"}, intValue=INT64, doubleValue={"type": "number"},
                    bytesValue=TEXT) | {"minProperties": 1, "maxProperties": 1}
KEY_VALUES = several(required(message(key=TEXT | {"minLength": 1}, value=ANY_VALUE), "key", "value"))
SCOPE = message(name=TEXT, version=TEXT, attributes=KEY_VALUES, droppedAttributesCount=UINT32)
# trace/v1/trace.proto and resource/v1/resource.proto
SPAN = required(
    message(traceId=TRACE_ID, spanId=SPAN_ID, traceState=TEXT, parentSpanId=SPAN_ID, flags=UINT32,
            name=TEXT | {"minLength": 1}, kind={"enum": [0, 1, 2, 3, 4, 5]}, startTimeUnixNano=UINT64,
            endTimeUnixNano=UINT64, attributes=KEY_VALUES, droppedAttributesCount=UINT32,
            events=several(message(timeUnixNano=UINT64, name=TEXT, attributes=KEY_VALUES,
                                   droppedAttributesCount=UINT32)), droppedEventsCount=UINT32,
            links=several(message(traceId=TRACE_ID, spanId=SPAN_ID, traceState=TEXT, attributes=KEY_VALUES,
                                  droppedAttributesCount=UINT32, flags=UINT32)), droppedLinksCount=UINT32,
            status=message(message=TEXT, code={"enum": [0, 1, 2]})),
    "traceId", "spanId", "name", "startTimeUnixNano", "endTimeUnixNano")
SCOPE_SPANS = message(scope=SCOPE, spans=several(SPAN), schemaUrl=TEXT)
RESOURCE = message(attributes=KEY_VALUES, droppedAttributesCount=UINT32)
RESOURCE_SPANS = message(resource=RESOURCE, scopeSpans=several(SCOPE_SPANS), schemaUrl=TEXT)
REQUEST = message(resourceSpans=several(RESOURCE_SPANS))


def plain(attributes):
    return {one["key"]: next(iter(one["value"].values())) for one in attributes}


@dataclasses.dataclass
class Span:
    trace: str
    id: str
    parent: str | None
    name: str
    kind: int
    start: int
    end: int
    failed: bool
    attributes: dict
    resource: dict


class Collector:
    """Listens on a free loopback port until closed; `status` is what it answers, with `partial` as partialSuccess and the
    fields that `headers()` returns, and `hold` lets it not answer. With a certificate, "FILE.pem" with its "FILE.key" in a folder, it speaks https://.
    """

    def __init__(self, port=0, certificate=None):
        self.status = 200
        self.partial = {}
        self.headers = dict
        self.hold = threading.Event()
        self.hold.set()
        self.times = []  # of requests, by the monotonic clock
        self.wrong = []
        self.spans = []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.times.append(time.monotonic())
                collector.hold.wait()
                if collector.status == 200:
                    collector.take(self.path, self.headers["Content-Type"], body)
                answer = json.dumps({"partialSuccess": collector.partial}).encode()
                with contextlib.suppress(OSError):  # it may not have waited
                    self.send_response(collector.status)
                    for name, value in collector.headers().items():
                        self.send_header(name, value)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *_):
                pass

            def handle(self):
                with contextlib.suppress(OSError):  # of its handshake, too: the client may not trust it
                    super().handle()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.use(certificate)
            # The handshake is made by the connection's thread, with its first read.
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def requests(self):
        return len(self.times)

    @property
    def url(self):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.server.server_port}"

    def use(self, certificate):
        """For the connections from then on."""
        self.tls.load_cert_chain(certificate, certificate.with_suffix(".key"))

    def take(self, path, content_type, body):
        try:
            assert (path, content_type) == ("/v1/traces", "application/json")
            request = json.loads(body)
            jsonschema.Draft202012Validator(REQUEST).validate(request)
        except (AssertionError, ValueError, jsonschema.ValidationError) as error:
            self.wrong.append(str(error))
            return
        for of_resource in request["resourceSpans"]:
            resource = plain(of_resource["resource"]["attributes"])
            for scope in of_resource["scopeSpans"]:
                for span in scope["spans"]:
                    self.spans.append(Span(
                        trace=span["traceId"], id=span["spanId"], parent=span.get("parentSpanId"), name=span["name"],
                        kind=span["kind"], start=int(span["startTimeUnixNano"]), end=int(span["endTimeUnixNano"]),
                        failed=span.get("status", {}).get("code") == 2, attributes=plain(span["attributes"]),
                        resource=resource))

    def of(self, trace):
        return [span for span in list(self.spans) if span.trace == trace]

    def close(self):
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
