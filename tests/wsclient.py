"""A WebSocket client on a raw socket, which can do what no browser does: lie, stall, vanish."""

import base64
import os
import socket
import struct
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Frame(NamedTuple):
    """One frame as it came over the wire."""

    opcode: int
    payload: bytes

    @property
    def text(self) -> str:
        return self.payload.decode()

    @property
    def close_code(self) -> int:
        """1005 when the close frame names none."""
        return struct.unpack("!H", self.payload[:2])[0] if self.payload else 1005


class WebSocketClient:
    """Connects and shakes hands at once; `status` and `headers` (lower-case names) hold the answer.

    `headers` are added to the handshake and win over its own; None as a value leaves one out.
    `receive_buffer` (bytes) makes a peer that takes little before it blocks the sender.
    Reading raises EOFError when the server is gone, TimeoutError after `timeout` seconds.
    """

    def __init__(self, port: int, path: str, headers: dict[str, str | None] | None = None, *,
                 host: str = "127.0.0.1", timeout: float = 5, receive_buffer: int | None = None,
                 answers_pings: bool = True):
        self.answers_pings = answers_pings
        self._buffer = b""
        self._sock = socket.socket()
        if receive_buffer:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._sock.settimeout(timeout)
        self._sock.connect((host, port))
        self._sock.sendall(handshake(f"{host}:{port}", path, headers or {}))
        self.status, self.headers = self._read_answer()

    def __enter__(self) -> "WebSocketClient":
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def send_text(self, text: str) -> None:
        """Send one whole text message."""
        self.send_frame(TEXT, text.encode())

    def send_frame(self, opcode: int, payload: bytes = b"", *, final: bool = True,
                   masked: bool = True) -> None:
        """Send one frame, lawful or not."""
        self.send_bytes(encode_frame(opcode, payload, final=final, masked=masked))

    def send_bytes(self, data: bytes) -> None:
        """Send whatever it is."""
        self._sock.sendall(data)

    def read_frame(self) -> Frame:
        """The next frame of any kind; pings are answered on the way when `answers_pings`."""
        opcode, length = self.read_head()
        frame = Frame(opcode, self.read_bytes(length))
        if frame.opcode == PING and self.answers_pings:
            self.send_frame(PONG, frame.payload)
        return frame

    def read_head(self) -> tuple[int, int]:
        """The opcode of the next frame and the length of its payload, which is left to `read_bytes`."""
        first, length = struct.unpack("!BB", self.read_bytes(2))
        if length == 126:
            length, = struct.unpack("!H", self.read_bytes(2))
        elif length == 127:
            length, = struct.unpack("!Q", self.read_bytes(8))
        return first & 0x0F, length

    def read_text(self) -> str:
        """The next text message; raises AssertionError when the server closes instead."""
        while (frame := self.read_frame()).opcode in (PING, PONG):
            pass
        assert frame.opcode == TEXT, f"closed with {frame.close_code}"
        return frame.text

    def read_close_code(self, *, answer: bool = True) -> int:
        """Read up to the close frame and return its code, answering it as browsers do."""
        while (frame := self.read_frame()).opcode != CLOSE:
            pass
        if answer:
            self.send_frame(CLOSE, frame.payload[:2])
        return frame.close_code

    def read_bytes(self, size: int) -> bytes:
        """Exactly `size` bytes of the stream, be it half a frame."""
        while len(self._buffer) < size:
            data = self._sock.recv(65536)
            if not data:
                raise EOFError("the server closed the connection")
            self._buffer += data
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def drop_input(self) -> None:
        """Throw away what has arrived, without waiting; raises OSError when the server is gone."""
        try:
            if not self._sock.recv(65536, socket.MSG_DONTWAIT):
                raise ConnectionError("the server closed the connection")
        except BlockingIOError:
            pass

    def is_gone(self) -> bool:
        """Read to the end: True when the server has ended the connection, False when it stays silent."""
        try:
            while True:
                self.read_frame()
        except (EOFError, ConnectionError):
            return True
        except TimeoutError:
            return False

    def reset(self) -> None:
        """Vanish without a word (RST)."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def _read_answer(self) -> tuple[int, dict[str, str]]:
        while b"\r\n\r\n" not in self._buffer:
            data = self._sock.recv(4096)
            if not data:
                raise EOFError("the server closed the connection")
            self._buffer += data
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(first.split()[1]), headers


def handshake(host: str, path: str, headers: dict[str, str | None]) -> bytes:
    """The request of a browser, offer to compress included."""
    fields: dict[str, str | None] = {
        "Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits", **headers}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


def encode_frame(opcode: int, payload: bytes, *, final: bool = True, masked: bool = True) -> bytes:
    """A frame as a client sends it (clients must mask; the mask here is zero, which changes nothing)."""
    first = (0x80 if final else 0) | opcode
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, mask_bit | len(payload))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", first, mask_bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, len(payload))
    return head + (bytes(4) if masked else b"") + payload
