"""Small real servers that speak the protocols of models and webhooks, and break them in every way."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Asked(NamedTuple):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Reply(NamedTuple):
    """What is answered: pieces of a body, sent one by one; None between them waits. `cut` ends before the end."""

    pieces: list[bytes | None]
    status: int = 200
    type: str = "application/json"
    cut: bool = False
    headers: dict[str, str] = {}


class FakeServer(ThreadingHTTPServer):
    """Answers each request with the next of `replies`, the last one again and again; keeps what was `asked`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = []
        self.asked: list[Asked] = []
        self.go_on = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address) -> None:
        """Who hangs up on us is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        reply = self.server.replies[min(len(self.server.asked), len(self.server.replies)) - 1]
        self.send_response(reply.status)
        for name, value in {"Content-Type": reply.type, "Transfer-Encoding": "chunked", **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in reply.pieces:
            if piece is None:
                self.server.go_on.wait(20)
            else:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if not reply.cut:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def log_message(self, *arguments):
        """Say nothing."""


@contextmanager
def fake_server(*replies: Reply) -> Iterator[FakeServer]:
    """A server of the test's own."""
    with FakeServer() as server:
        server.replies = list(replies)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.go_on.set()
        server.shutdown()


def event(content: str = "", finish: str | None = None, **more) -> bytes:
    """One event of a model's stream."""
    choices = [{"index": 0, "delta": {"content": content} if content else {}, "finish_reason": finish}]
    return b"data: " + json.dumps({"choices": choices, **more}).encode() + b"\n\n"


def stream(*words: str, pause: bool = False, finish: str = "stop") -> Reply:
    """A model that says `words`; with a `pause`, the test says when it goes on after the first."""
    said = [event(word) for word in words]
    if pause:
        said.insert(1, None)
    usage = b'data: {"choices": [], "usage": {"total_tokens": 321}}\n\n'
    return Reply([*said, event(finish=finish), usage, b"data: [DONE]\n\n"], type="text/event-stream")


def refuses(field: str) -> Reply:
    """A model that does not know a field of the request."""
    return Reply([json.dumps({"error": {"message": f"Unsupported parameter: '{field}'"}}).encode()], status=400)


def says(**said) -> Reply:
    """A webhook's answer."""
    return Reply([json.dumps(said).encode()])


