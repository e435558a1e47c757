"""One WebSocket: a bounded queue out, a guarded way in, and one writer."""

import json
import logging
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import gevent
from gevent.event import Event
from gevent.lock import RLock
from simple_websocket import ConnectionClosed, Server
from wsproto.events import CloseConnection, Ping
from wsproto.utilities import LocalProtocolError

log = logging.getLogger(__name__)

RESTARTING = 1012
TOO_SLOW = 1013
NO_PONG = 1011
NOT_TEXT = 1003
NOT_JSON = 1007
TOO_MUCH = 1008

SEND_SECONDS = 10
KERNEL_BUFFER_BYTES = 64 * 1024
# How long a peer may take to answer our close frame. Closing a socket with unread input resets it,
# and a reset may overtake the close frame, so the input is read until then.
GOODBYE_SECONDS = 2
MOST_DRAINED_BYTES = 1 << 20
MOST_UNANSWERED_PINGS = 2
# Not 0: gevent runs up to 50 greenlets that sleep 0 before it looks at the sockets again.
YIELD_SECONDS = 0.0001


class Reader(gevent.Greenlet):
    """What simple_websocket starts as its reading thread.

    Lighter than a Thread, and it tells the writer that the peer is gone however the reading ended.
    """

    name = "websocket reader"

    def __init__(self, target: Callable[[], None]):
        super().__init__()
        self.read = target
        self.ws = target.__self__

    def _run(self) -> None:
        try:
            self.read()
        except Exception:
            log.exception("reading a socket failed")
        finally:
            self.ws.connected = False
            self.ws.event.set()
            self.ws.sock.close()


# No ping_interval: that costs a selector per socket, and closes with 1008, after which htmx stays away.
SOCK_SERVER_OPTIONS = {"max_message_size": 4096, "thread_class": Reader, "event_class": Event}


class Allowance:
    """So much per so many seconds; what was spent comes back evenly over that time."""

    __slots__ = ("amount", "seconds", "spent", "counted_at")

    def __init__(self, amount: float, seconds: float):
        self.amount = amount
        self.seconds = seconds
        self.spent = 0.0
        self.counted_at = time.monotonic()

    def spend(self, amount: float = 1) -> bool:
        """Count `amount`; False when that is more than was left."""
        now = time.monotonic()
        regained = (now - self.counted_at) * self.amount / self.seconds
        self.spent = max(0.0, self.spent - regained) + amount
        self.counted_at = now
        return self.spent <= self.amount


class WholeSocket:
    """Stands in for gunicorn's socket: `send` sends everything or ends the connection.

    simple_websocket calls `send` from two greenlets and ignores what did not fit: a slow reader's
    stream would be torn in the middle of a frame.
    """

    def __init__(self, sock: socket.socket, send_seconds: float = SEND_SECONDS):
        self._sock = sock
        self._lock = RLock()
        self._send_seconds = send_seconds
        # Pings and empty fragments are no messages, so the limit on those would not see them.
        self._bytes_in = Allowance(128 * 1024, seconds=5)

    def __getattr__(self, name: str):
        return getattr(self._sock, name)

    def send(self, data: bytes) -> int:
        """Send all of `data`; raises OSError, the socket closed hard, after `send_seconds`."""
        try:
            with gevent.Timeout(self._send_seconds, TimeoutError("the peer does not read")), self._lock:
                self._sock.sendall(data)
        except BaseException:
            self.abort()
            raise
        return len(data)

    def recv(self, size: int) -> bytes:
        """Wait for input without a time limit; raises OSError for a peer that floods."""
        # gevent yields only when there is nothing to read: one flood held everybody up for 9 s.
        gevent.sleep(YIELD_SECONDS)
        data = self._sock.recv(size)
        if not self._bytes_in.spend(len(data)):
            raise OSError("the peer sends too much")
        return data

    def close(self) -> None:
        """End politely: what was sent still arrives, what comes in is thrown away."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
            self._drain()
        self._sock.close()

    def abort(self) -> None:
        """Close now, and have the kernel drop what it still holds for this peer."""
        with suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def _drain(self) -> None:
        drained = 0
        with gevent.Timeout(GOODBYE_SECONDS, False):
            while drained < MOST_DRAINED_BYTES and (data := self._sock.recv(65536)):
                drained += len(data)
                gevent.sleep(YIELD_SECONDS)


def prepare(environ: dict, send_seconds: float = SEND_SECONDS) -> None:
    """Make a WSGI environ safe for simple_websocket; call it before the handshake.

    A peer that takes longer than `send_seconds` for one frame will be cut off.
    Drops the offer to compress, which every browser makes and which costs 100 kB a connection.
    """
    environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
    if "gunicorn.socket" in environ:
        # Linux would let it grow to 4 MB for a peer that reads nothing.
        environ["gunicorn.socket"].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)
        environ["gunicorn.socket"] = WholeSocket(environ["gunicorn.socket"], send_seconds)


class Inbox:
    """Takes the place of simple_websocket's `input_buffer`: hands frames on instead of piling them up."""

    __slots__ = ("take",)

    def __init__(self, take: Callable[[str | bytes], None]):
        self.take = take

    def append(self, data: str | bytes) -> None:
        """Called by the reader with each whole message."""
        self.take(data)


class Connection:
    """A socket as the hub sees it. Nothing here blocks, except `run`.

    Incoming text that is a JSON object goes to `on_frame(text)`, in the reader's greenlet: while it works,
    this peer's next frame waits. Its exceptions are logged. Anything else closes: binary with 1003, text that
    is no JSON object with 1007, more than `frames_per_5_seconds` with 1008, longer than the
    `max_message_size` of SOCK_SERVER_OPTIONS (all fragments together) with 1009.
    """

    __slots__ = ("close_code", "_ws", "_on_frame", "_queue", "_text", "_most_frames", "_most_text",
                 "_allowance", "_reason", "_ping_due", "_unanswered_pings")

    def __init__(self, ws: Server, on_frame: Callable[[str], None], *, most_frames: int = 256,
                 most_text: int = 1 << 20, frames_per_5_seconds: int = 20):
        """`most_frames` and `most_text` (characters) may wait for the peer, whichever is reached first."""
        self.close_code: int | None = None
        self._ws = ws
        self._on_frame = on_frame
        self._queue: deque[str] = deque()
        self._text = 0
        self._most_frames = most_frames
        self._most_text = most_text
        self._allowance = Allowance(frames_per_5_seconds, seconds=5)
        self._reason = ""
        self._ping_due = False
        self._unanswered_pings = 0

    @property
    def is_open(self) -> bool:
        """Whether frames can still reach the peer."""
        return self._ws.connected and self.close_code is None

    @property
    def waiting(self) -> int:
        """How many frames the peer has not taken yet."""
        return len(self._queue)

    def put(self, frame: str) -> None:
        """Queue a frame. A queue that is full closes with 1013: the page comes back and catches up."""
        if not self.is_open:
            return
        if self._is_full_for(frame):
            self.close(TOO_SLOW, "too slow")
            return
        self._queue.append(frame)
        self._text += len(frame)
        self._ws.event.set()

    def ping(self) -> None:
        """Ask for a sign of life; closes with 1011 when the last two pings are unanswered."""
        if not self.is_open:
            return
        if self._ws.pong_received:
            self._unanswered_pings = 0
        if self._unanswered_pings >= MOST_UNANSWERED_PINGS:
            self.close(NO_PONG, "no answer to pings")
            return
        self._unanswered_pings += 1
        self._ws.pong_received = False
        self._ping_due = True
        self._ws.event.set()

    def close(self, code: int, reason: str = "") -> None:
        """Close after the frame in progress. What waits is dropped: after access ends not one frame more."""
        if not self.is_open:
            return
        self.close_code = code
        self._reason = reason
        self._queue.clear()
        self._ws.event.set()

    def abort(self) -> None:
        """Cut the line now, for a peer that does not even take the close frame."""
        self._ws.connected = False
        self._ws.event.set()
        self._ws.sock.abort()

    def run(self) -> None:
        """Write until either side closes. The route calls it; nothing the peer does makes it raise."""
        try:
            self._take_input()
            while self.is_open:
                self._ws.event.wait()
                self._ws.event.clear()
                self._write_what_waits()
            if self._ws.connected:
                self._send(CloseConnection(self.close_code, self._reason))
        except (OSError, ConnectionClosed, LocalProtocolError):
            pass
        finally:
            self._leave()

    def _is_full_for(self, frame: str) -> bool:
        if not self._queue:
            return False
        return len(self._queue) >= self._most_frames or self._text + len(frame) > self._most_text

    def _write_what_waits(self) -> None:
        while self.is_open and (self._ping_due or self._queue):
            if self._ping_due:
                self._ping_due = False
                self._send(Ping())
            else:
                frame = self._queue.popleft()
                self._text -= len(frame)
                self._ws.send(frame)

    def _send(self, event: CloseConnection | Ping) -> None:
        # Not ws.close(): that would end the reader, and with it the wait for the peer's own close frame.
        self._ws.sock.send(self._ws.ws.send(event))

    def _leave(self) -> None:
        self._ws.thread.join(GOODBYE_SECONDS)
        self.abort()

    def _take_input(self) -> None:
        early, self._ws.input_buffer = self._ws.input_buffer, Inbox(self._receive)
        for data in early:
            self._receive(data)

    def _receive(self, data: str | bytes) -> None:
        if not self.is_open:
            return
        if not self._allowance.spend():
            self.close(TOO_MUCH, "too many frames")
        elif isinstance(data, bytes):
            self.close(NOT_TEXT, "text frames only")
        elif not is_json_object(data):
            self.close(NOT_JSON, "JSON objects only")
        else:
            self._hand_over(data)

    def _hand_over(self, text: str) -> None:
        try:
            self._on_frame(text)
        except Exception:
            log.exception("an incoming frame failed")


def is_json_object(text: str) -> bool:
    """Whether `text` is a JSON object (nested too deep for the parser counts as none)."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
