"""HTTP and WebSocket clients for one asyncio loop, lean enough to be thousands of people at once.

A `Line` is what one person hangs on: it can be cut and mended. `Http` asks over it, `WebSocket` listens.
"""

import asyncio
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from tests.wsclient import CLOSE, PING, PONG, TEXT, encode_frame, handshake

ABNORMAL = 1006
ANSWER_SECONDS = 15
# No body follows these, and no Content-Length either.
WITHOUT_BODY = (204, 304)


class Answer(NamedTuple):
    """What the server answered; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Refused(ConnectionError):
    """The server answered the handshake with another status than 101, which is `.status`."""

    def __init__(self, status: int):
        super().__init__(f"the handshake was answered with {status}")
        self.status = status


class Line:
    """One person's way to a server on this machine, and everything that is open on it.

    A small `receive_buffer` (bytes) makes it clog as soon as nobody reads.
    """

    def __init__(self, port: int, receive_buffer: int | None = None):
        self.port = port
        self.receive_buffer = receive_buffer
        self.is_up = True
        self.open: set[asyncio.Transport] = set()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def connect(self, protocol: "Protocol") -> None:
        """Open a connection for `protocol`; raises OSError."""
        if not self.is_up:
            raise ConnectionError("the line is cut")
        sock = socket.socket()
        try:
            sock.setblocking(False)
            if self.receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sock, ("127.0.0.1", self.port))
            await loop.create_connection(lambda: protocol, sock=sock)
        except BaseException:
            sock.close()
            raise

    def reset(self) -> None:
        """Cut everything that is open, without a word to either side's application."""
        for transport in tuple(self.open):
            transport.abort()

    def cut(self) -> None:
        """Cut everything, and let nothing through until `mend`."""
        self.is_up = False
        self.reset()

    def mend(self) -> None:
        """Let connections through again."""
        self.is_up = True


class Protocol(asyncio.Protocol, ABC):
    """A connection on a line. `received` is called whenever more bytes are in `buffer`."""

    def __init__(self, line: Line):
        self.line = line
        self.buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.is_open = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport, self.is_open = transport, True
        self.line.open.add(transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.received()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        self.line.open.discard(self.transport)
        self.lost()

    @abstractmethod
    def received(self) -> None:
        """Take from the buffer what is whole."""

    @abstractmethod
    def lost(self) -> None:
        """The connection has ended."""

    def take_head(self) -> tuple[int, dict[str, str]] | None:
        """Status and headers of an answer, taken from the buffer as soon as they are whole."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
        del self.buffer[:end + 4]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(first.split(" ", 2)[1]), headers


class HttpConnection(Protocol):
    """One kept connection with one request at a time."""

    def __init__(self, line: Line):
        super().__init__(line)
        self._head: tuple[int, dict[str, str]] | None = None
        self._answer: asyncio.Future[Answer] | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send a whole request; raises ConnectionError when no whole answer comes."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer

    def received(self) -> None:
        self._head = self._head or self.take_head()
        if not self._head:
            return
        status, headers = self._head
        size = 0 if status in WITHOUT_BODY else int(headers["content-length"])
        if len(self.buffer) < size:
            return
        body = bytes(self.buffer[:size])
        del self.buffer[:size]
        self._head = None
        if headers.get("connection", "").lower() == "close":
            self.is_open = False
            self.transport.close()
        self._settle(Answer(status, headers, body))

    def lost(self) -> None:
        self._settle(ConnectionError("the server hung up"))

    def _settle(self, outcome: Answer | Exception) -> None:
        if self._answer and not self._answer.done():
            if isinstance(outcome, Exception):
                self._answer.set_exception(outcome)
            else:
                self._answer.set_result(outcome)


class Http:
    """Asks over a line, keeping connections as browsers do. `headers` go with every request."""

    def __init__(self, line: Line, headers: Mapping[str, str] | None = None):
        self.line = line
        self.headers = dict(headers or {})
        self._idle: list[HttpConnection] = []

    async def get(self, path: str, **more) -> Answer:
        """Ask for a page; raises like `request`."""
        return await self.request("GET", path, **more)

    async def post(self, path: str, form: Mapping[str, object] | None = None, **more) -> Answer:
        """Send a form; raises like `request`."""
        return await self.request("POST", path, form or {}, **more)

    async def request(self, method: str, path: str, form: Mapping[str, object] | None = None,
                      seconds: float = ANSWER_SECONDS) -> Answer:
        """One request; redirects are not followed. Raises OSError, or TimeoutError (which is one)."""
        connection = None
        try:
            async with asyncio.timeout(seconds):
                connection = await self._connection()
                answer = await connection.ask(self._encode(method, path, form))
        except BaseException:
            if connection and connection.transport:
                connection.transport.abort()
            raise
        if connection.is_open:
            self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Hang up what is kept."""
        for connection in self._idle:
            connection.transport.close()
        self._idle.clear()

    async def _connection(self) -> HttpConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        connection = HttpConnection(self.line)
        await self.line.connect(connection)
        return connection

    def _encode(self, method: str, path: str, form: Mapping[str, object] | None) -> bytes:
        body = b"" if form is None else urlencode(form).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.line.host}",
                 *(f"{name}: {value}" for name, value in self.headers.items())]
        if form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


class WebSocket(Protocol):
    """Listens; `on_text(text)` gets every message, `on_close(code)` is called once, at the end.

    A server that hangs up without a close frame is code 1006, as in browsers.
    """

    def __init__(self, line: Line, on_text: Callable[[str], None], on_close: Callable[[int], None] = lambda code: None,
                 answers_pings: bool = True):
        super().__init__(line)
        self.answers_pings = answers_pings
        self.on_text = on_text
        self.on_close = on_close
        self._code = ABNORMAL
        self._listens = False
        self._opened: asyncio.Future[None] | None = None

    async def open(self, path: str, headers: Mapping[str, str] | None = None,
                   seconds: float = ANSWER_SECONDS) -> "WebSocket":
        """Connect and shake hands; raises Refused, or OSError."""
        self._opened = asyncio.get_running_loop().create_future()
        origin = {"Origin": f"http://{self.line.host}", "Sec-WebSocket-Extensions": None}
        try:
            async with asyncio.timeout(seconds):
                await self.line.connect(self)
                self.transport.write(handshake(self.line.host, path, {**origin, **(headers or {})}))
                await self._opened
        except BaseException:
            if self.transport:
                self.transport.abort()
            raise
        return self

    def send(self, text: str) -> None:
        """Send one message."""
        self._send(TEXT, text.encode())

    def stop_reading(self) -> None:
        """Take nothing more from the line."""
        self.transport.pause_reading()

    def read_on(self) -> None:
        """Take what has come meanwhile, and all that follows."""
        if self.is_open:
            self.transport.resume_reading()

    def abort(self) -> None:
        """Vanish."""
        self.transport.abort()

    def received(self) -> None:
        if not self._opened.done():
            self._shake_hands()
        while self._listens and (frame := self._take_frame()) is not None:
            self._handle(*frame)

    def lost(self) -> None:
        if self._listens:
            self.on_close(self._code)
        elif not self._opened.done():
            self._opened.set_exception(ConnectionError("the server hung up"))

    def _shake_hands(self) -> None:
        head = self.take_head()
        if head and head[0] == 101:
            self._listens = True
            self._opened.set_result(None)
        elif head:
            self._opened.set_exception(Refused(head[0]))

    def _take_frame(self) -> tuple[int, bytes] | None:
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 0x7F, 2
        if size >= 126:
            start, form = (4, "!H") if size == 126 else (10, "!Q")
            if len(buffer) < start:
                return None
            size, = struct.unpack_from(form, buffer, 2)
        if len(buffer) < start + size:
            return None
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start:start + size])
        del buffer[:start + size]
        return opcode, payload

    def _handle(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.on_text(payload.decode())
        elif opcode == PING and self.answers_pings:
            self._send(PONG, payload)
        elif opcode == CLOSE:
            self._code = struct.unpack_from("!H", payload)[0] if payload else 1005
            self._send(CLOSE, payload[:2])
            self.transport.close()

    def _send(self, opcode: int, payload: bytes) -> None:
        if self.is_open:
            self.transport.write(encode_frame(opcode, payload))
