"""HTTP/1.1 and WebSocket on asyncio's bare protocols: what a browser says, at a fraction of a library's cost.

The driver shares two cores with the server it measures. Loopback only; what a server of ours does not do
(chunked answers, fragmented frames) is refused, not handled.
"""

import asyncio
import base64
import os
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

HOST = "127.0.0.1"
CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10

# What Chromium sends besides: a server has to read it.
BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: */*\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
)


class Answer(NamedTuple):
    """An HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def get(port: int, path: str, **headers: str) -> bytes:
    """A GET request, whole. In names of headers "_" stands for "-"."""
    return _head("GET", port, path, headers).encode()


def post(port: int, path: str, form: dict[str, str], **headers: str) -> bytes:
    """A POST request of a form, whole."""
    body = urlencode(form)
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    return (_head("POST", port, path, headers | kind) + body).encode()


def handshake(port: int, path: str, **headers: str) -> bytes:
    """The request that opens a socket, from a page of the same server."""
    key = base64.b64encode(os.urandom(16)).decode()
    return _head("GET", port, path, {
        "Origin": f"http://{HOST}:{port}", "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key, **headers}).encode()


def _head(method: str, port: int, path: str, headers: dict[str, str]) -> str:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n{BROWSER}{lines}\r\n"


def read_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer."""
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first[9:12]), {name.lower(): value.strip() for name, _, value in pairs}


class Line(asyncio.Protocol):
    """A keep-alive connection that carries one request at a time.

    `on_lost()` is called when the server, or the network, has ended it.
    """

    def __init__(self, on_lost: Callable[[], None] | None = None):
        self._on_lost = on_lost
        self._on_answer: Callable[[Answer], None] | None = None
        self._received = b""
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int, on_lost: Callable[[], None] | None = None) -> "Line":
        """Connect to a port of this machine."""
        _, line = await asyncio.get_running_loop().create_connection(lambda: cls(on_lost), HOST, port)
        return line

    @property
    def is_busy(self) -> bool:
        """Whether an answer is outstanding."""
        return self._on_answer is not None

    def send(self, request: bytes, on_answer: Callable[[Answer], None]) -> None:
        """Send a request; `on_answer(answer)` is called as soon as its last byte is here."""
        self._on_answer = on_answer
        self._transport.write(request)

    async def ask(self, request: bytes) -> Answer:
        """Send a request and wait for the answer."""
        answered = asyncio.get_running_loop().create_future()
        self.send(request, lambda answer: answered.cancelled() or answered.set_result(answer))
        return await answered

    def ignore(self) -> None:
        """From now on the line is cut, though neither side knows: no answer is seen."""
        self._transport.pause_reading()

    def close(self) -> None:
        """Hang up, without a call of `on_lost`."""
        self._on_lost = self._on_answer = None
        self._transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        status, headers = read_head(self._received[:end])
        if "transfer-encoding" in headers:
            raise ValueError("a chunked answer")
        whole = end + 4 + int(headers.get("content-length", 0))
        if len(self._received) < whole:
            return
        body, self._received = self._received[end + 4:whole], self._received[whole:]
        on_answer, self._on_answer = self._on_answer, None
        if on_answer:
            on_answer(Answer(status, headers, body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._on_lost:
            self._on_lost()


class Socket(asyncio.Protocol):
    """A WebSocket that listens: `on_text(payload)` for each text frame; pings are answered.

    `on_lost()` is called when the other side has ended it. `bytes_in` and `frames` count what came.
    """

    def __init__(self, request: bytes, on_text: Callable[[bytes], None], on_lost: Callable[[], None] | None):
        self.frames = self.bytes_in = 0
        self.opened = asyncio.get_running_loop().create_future()
        self._request = request
        self._on_text = on_text
        self._on_lost = on_lost
        self._received = b""
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int, request: bytes, on_text: Callable[[bytes], None] = lambda payload: None,
                   on_lost: Callable[[], None] | None = None) -> "Socket":
        """Connect and shake hands; raises ConnectionRefusedError with the status of a refusal."""
        loop = asyncio.get_running_loop()
        _, socket = await loop.create_connection(lambda: cls(request, on_text, on_lost), HOST, port)
        await socket.opened
        return socket

    def close(self) -> None:
        """Vanish without a word, and without a call of `on_lost`; what is on its way is thrown away."""
        self._on_lost, self._on_text = None, lambda payload: None
        self._transport.abort()

    def ignore(self) -> None:
        """From now on the line is cut, though neither side knows: nothing that comes is seen or answered."""
        self._transport.pause_reading()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.bytes_in += len(data)
        self._received = self._received + data if self._received else data
        if self.opened.done():
            self._take_frames()
        else:
            self._take_answer()

    def _take_answer(self) -> None:
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        status, _ = read_head(head)
        if status != 101:
            self.opened.set_exception(ConnectionRefusedError(f"the socket was refused with {status}"))
            return
        self._received = rest
        self.opened.set_result(None)
        self._take_frames()

    def _take_frames(self) -> None:
        received, start = self._received, 0
        while len(received) - start >= 2:
            body, end = _bounds(received, start)
            if end > len(received):
                break
            self._take(received[start], received[body:end])
            start = end
        self._received = received[start:]

    def _take(self, first: int, payload: bytes) -> None:
        opcode = first & 0x0F
        if opcode == TEXT and first & 0x80:
            self.frames += 1
            self._on_text(payload)
        elif opcode == PING:
            self._transport.write(bytes([0x80 | PONG, 0x80 | len(payload), 0, 0, 0, 0]) + payload)
        elif opcode in (CLOSE, CONTINUATION) or not first & 0x80:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionResetError("the socket was closed before it was open"))
        if self._on_lost:
            self._on_lost()


def _bounds(received: bytes, start: int) -> tuple[int, int]:
    """Where the payload of the frame at `start` begins and ends; beyond the end when its length is not here yet."""
    length = received[start + 1]
    if length < 126:
        return start + 2, start + 2 + length
    body = start + (4 if length == 126 else 10)
    if len(received) < body:
        return body, body
    return body, body + int.from_bytes(received[start + 2:body])
