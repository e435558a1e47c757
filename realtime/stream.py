"""A socket that costs no greenlet: the event loop calls when there is something to read, or room to write.

A greenlet that waits for its peer keeps its whole stack, and a switch to it costs more than the sending.
"""

import logging
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from gevent import get_hub, monkey

log = logging.getLogger(__name__)

READ, WRITE = 1, 2
READ_BYTES = 4096
KERNEL_BUFFER_BYTES = 64 * 1024
# How long a peer may take to leave after our last word. Closing a socket with unread input resets it,
# and a reset may overtake the last word, so the input is read until then.
GOODBYE_SECONDS = 2
MOST_DRAINED_BYTES = 1 << 20

PlainSocket = monkey.get_original("socket", "socket")


class Stream:
    """Bytes to and from one peer. Nothing here blocks or raises.

    `on_input(data)` and `on_end()` are called by the event loop, and must not block either; `on_end` is called once.
    A peer that takes longer than `patience` seconds for one piece is cut off.
    """

    __slots__ = ("waiting_bytes", "_socket", "_on_input", "_on_end", "_patience", "_queue", "_is_torn", "_is_ending",
                 "_drained", "_reader", "_writer", "_timer")

    def __init__(self, client: socket.socket, on_input: Callable[[bytes], None], on_end: Callable[[], None],
                 patience: float):
        """Takes the connection over from `client`, which is as good as closed then."""
        # Linux would let it grow to 4 MB for a peer that reads nothing.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)
        self._socket = PlainSocket(client.family, client.type, client.proto, client.detach())
        self._socket.setblocking(False)
        self._on_input, self._on_end, self._patience = on_input, on_end, patience
        self.waiting_bytes = 0
        self._queue: list[bytes | memoryview] = []
        self._is_torn = self._is_ending = False
        self._drained = 0
        self._reader = get_hub().loop.io(self._socket.fileno(), READ)
        self._writer = self._timer = None

    @property
    def is_there(self) -> bool:
        """Whether the connection still exists."""
        return self._reader is not None

    @property
    def waiting(self) -> int:
        """How many pieces the peer has not taken (whole) yet."""
        return len(self._queue)

    def read(self) -> None:
        """Hand over input, from now on."""
        if self.is_there and not self._reader.active:
            self._reader.start(self._read)

    def pause(self) -> None:
        """Leave input where it is until `read`."""
        if self.is_there and not self._is_ending:
            self._reader.stop()

    def write(self, data: bytes) -> None:
        """Send now what the peer takes, and the rest as soon as it takes more."""
        if not self.is_there:
            return
        try:
            rest = data if self._queue else self._send(data)
        except OSError:
            self._leave()
            return
        if rest:
            self._is_torn = self._is_torn or len(rest) < len(data)
            self._queue.append(rest)
            self.waiting_bytes += len(rest)
            self._await_room()

    def end(self, last: bytes) -> None:
        """Say a last word after the piece in progress; leave when the peer does, or soon. What waits is dropped."""
        if self._is_ending:
            return
        self._is_ending = True
        del self._queue[int(self._is_torn):]
        self.waiting_bytes = sum(map(len, self._queue))
        self.write(last)
        self.read()
        if not self._queue:
            self._hang_up()

    def abort(self) -> None:
        """Leave now, and have the kernel drop what it still holds for this peer."""
        if self.is_there:
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._leave()

    def _read(self) -> None:
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._leave()
        elif self._is_ending:
            self._drain(data)
        else:
            self._hand_over(data)

    def _hand_over(self, data: bytes) -> None:
        try:
            self._on_input(data)
        except Exception:
            log.exception("reading a socket failed")
            self.abort()

    def _drain(self, data: bytes) -> None:
        self._drained += len(data)
        if self._drained > MOST_DRAINED_BYTES:
            self.abort()

    def _send(self, data: bytes | memoryview) -> bytes | memoryview:
        """Send what the peer takes at once; returns the rest, raises OSError when the peer is gone."""
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            return data
        return b"" if sent == len(data) else memoryview(data)[sent:]

    def _await_room(self) -> None:
        if self._writer is None:
            self._writer = get_hub().loop.io(self._socket.fileno(), WRITE)
            self._writer.start(self._write_on)
            self._cut_after(self._patience)

    def _write_on(self) -> None:
        try:
            while self._queue and self._send_first():
                self._cut_after(self._patience)
        except OSError:
            self._leave()
            return
        if not self._queue:
            self._writer.close()
            self._writer = None
            self._stop_timer()
            if self._is_ending:
                self._hang_up()

    def _send_first(self) -> bool:
        first = self._queue[0]
        rest = self._send(first)
        self._is_torn = self._is_torn or len(rest) < len(first)
        self.waiting_bytes -= len(first) - len(rest)
        if rest:
            self._queue[0] = rest
            return False
        del self._queue[0]
        self._is_torn = False
        return True

    def _hang_up(self) -> None:
        if self.is_there:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
            self._cut_after(GOODBYE_SECONDS)

    def _cut_after(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = get_hub().loop.timer(seconds)
        self._timer.start(self.abort)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.close()
            self._timer = None

    def _leave(self) -> None:
        if not self.is_there:
            return
        self._stop_timer()
        for watcher in filter(None, (self._reader, self._writer)):
            watcher.close()
        self._reader = self._writer = None
        self._queue.clear()
        self._socket.close()
        self._on_end()
