"""One WebSocket: a bounded way out, and a guarded way in."""

import json
import logging
import time
from collections.abc import Callable
from functools import lru_cache

import gevent
from simple_websocket import Server
from wsproto.frame_protocol import CloseReason, Frame, FrameProtocol, Opcode, ParseFailed

from realtime.stream import Stream

log = logging.getLogger(__name__)

RESTARTING = 1012
TOO_SLOW = 1013
NO_PONG = 1011
NOT_TEXT = 1003
NOT_JSON = 1007
TOO_MUCH = 1008
TOO_LONG = 1009

SEND_SECONDS = 10
MOST_UNANSWERED_PINGS = 2
LONGEST_INPUT = 4096

# A server's frames are the same for every peer, and making one keeps no state.
_frames = FrameProtocol(client=False, extensions=[])
PING = bytes(_frames.ping())


class NoThread:
    """What simple_websocket starts as its reading thread: nothing, for a Connection reads."""

    name = ""

    def __init__(self, target: Callable[[], None]):
        pass

    def start(self) -> None:
        """Called by simple_websocket after the handshake."""


# simple_websocket shakes hands; from then on the socket is a Connection's.
SOCK_SERVER_OPTIONS = {"thread_class": NoThread}


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


def refuse_compression(environ: dict) -> None:
    """Drop the offer to compress, which every browser makes and which costs 100 kB a connection.

    Call it before the handshake.
    """
    environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)


class Connection:
    """A socket as the hub sees it. Nothing here blocks.

    Incoming text that is a JSON object goes to `on_frame(text)`, in a greenlet of its own: while it works,
    this peer's next frame waits. Its exceptions are logged. Anything else closes: binary with 1003, text that
    is no JSON object with 1007, more than `frames_per_5_seconds` with 1008, longer than LONGEST_INPUT
    characters (all fragments together) with 1009.
    """

    __slots__ = ("close_code", "_stream", "_on_frame", "_on_end", "_most_frames", "_most_bytes", "_frames_in",
                 "_bytes_in", "_is_open", "_decoder", "_message", "_heard", "_unanswered_pings")

    def __init__(self, ws: Server, on_frame: Callable[[str], None], *, most_frames: int = 256,
                 most_bytes: int = 1 << 20, frames_per_5_seconds: int = 20, send_seconds: float = SEND_SECONDS):
        """Takes the socket over from `ws`: the route may return. Call `start` once it can be closed.

        `most_frames` and `most_bytes` may wait for the peer, whichever is reached first; a peer that takes
        longer than `send_seconds` for one frame is cut off.
        """
        self.close_code: int | None = None
        self._stream = Stream(ws.sock, self._take, self._left, send_seconds)
        ws.connected = False
        self._on_frame = on_frame
        self._on_end: Callable[[], None] | None = None
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._frames_in = Allowance(frames_per_5_seconds, seconds=5)
        # Pings and empty fragments are no messages, so the limit on those would not see them.
        self._bytes_in = Allowance(128 * 1024, seconds=5)
        self._is_open = True
        self._decoder: FrameProtocol | None = None
        self._message = ""
        self._heard: list[str] = []
        self._unanswered_pings = 0

    @property
    def waiting(self) -> int:
        """How many frames the peer has not taken yet."""
        return self._stream.waiting

    def start(self, on_end: Callable[[], None]) -> None:
        """Take what the peer says from now on; `on_end()` is called, in a greenlet of its own, when it is gone."""
        self._on_end = on_end
        if self._stream.is_there:
            self._stream.read()
        else:
            gevent.spawn(on_end)

    def put(self, frame: str) -> None:
        """Send a frame. A peer that is too far behind is closed with 1013: the page comes back and catches up."""
        if not self._is_open:
            return
        if self._is_full_for(frame):
            self.close(TOO_SLOW, "too slow")
        else:
            self._stream.write(encode(frame))

    def ping(self) -> None:
        """Ask for a sign of life; closes with 1011 when the last two pings are unanswered."""
        if not self._is_open:
            return
        if self._unanswered_pings >= MOST_UNANSWERED_PINGS:
            self.close(NO_PONG, "no answer to pings")
            return
        self._unanswered_pings += 1
        self._stream.write(PING)

    def close(self, code: int, reason: str = "") -> None:
        """Close after the frame in progress. What waits is dropped: after access ends not one frame more."""
        if self._is_open:
            self.close_code = code
            self._end(code, reason)

    def abort(self) -> None:
        """Cut the line now, for a peer that does not even take the close frame."""
        self._stream.abort()

    def _is_full_for(self, frame: str) -> bool:
        stream = self._stream
        if not stream.waiting:
            return False
        return stream.waiting >= self._most_frames or stream.waiting_bytes + len(frame) > self._most_bytes

    def _end(self, code: int | None, reason: str = "") -> None:
        self._is_open = False
        self._stream.end(bytes(_frames.close(code, reason or None)))

    def _left(self) -> None:
        self._is_open = False
        if self._on_end:
            gevent.spawn(self._on_end)

    # The way in; called by the event loop

    def _take(self, data: bytes) -> None:
        if not self._bytes_in.spend(len(data)):
            self.abort()
            return
        # Most sockets never say a word, so they do without.
        self._decoder = self._decoder or FrameProtocol(client=False, extensions=[])
        try:
            self._decoder.receive_bytes(data)
            for frame in self._decoder.received_frames():
                self._receive(frame)
                if not self._is_open:
                    break
        except ParseFailed as error:
            self.close(error.code, str(error))
        if self._heard:
            self._stream.pause()
            gevent.spawn(self._hand_over)

    def _receive(self, frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT:
            self._read_on(frame)
        elif frame.opcode is Opcode.PONG:
            self._unanswered_pings = 0
        elif frame.opcode is Opcode.PING:
            self._answer_ping(frame.payload)
        elif frame.opcode is Opcode.CLOSE:
            code = frame.payload[0]
            self._end(None if code is CloseReason.NO_STATUS_RCVD else code)
        else:
            self.close(NOT_TEXT, "text frames only")

    def _answer_ping(self, payload: bytes) -> None:
        if self._stream.waiting >= self._most_frames:
            self.close(TOO_SLOW, "too slow")
        else:
            self._stream.write(bytes(_frames.pong(payload)))

    def _read_on(self, frame: Frame) -> None:
        self._message += frame.payload
        if len(self._message) > LONGEST_INPUT:
            self.close(TOO_LONG, "too long")
        elif frame.message_finished:
            text, self._message = self._message, ""
            self._listen_to(text)

    def _listen_to(self, text: str) -> None:
        if not self._frames_in.spend():
            self.close(TOO_MUCH, "too many frames")
        elif not is_json_object(text):
            self.close(NOT_JSON, "JSON objects only")
        else:
            self._heard.append(text)

    def _hand_over(self) -> None:
        heard, self._heard = self._heard, []
        for text in heard:
            try:
                self._on_frame(text)
            except Exception:
                log.exception("an incoming frame failed")
        self._stream.read()


# A frame goes to all listeners of its topic one after the other: it is encoded once.
@lru_cache(maxsize=4)
def encode(text: str) -> bytes:
    """A text as a WebSocket frame."""
    return bytes(_frames.send_data(text))


def is_json_object(text: str) -> bool:
    """Whether `text` is a JSON object (nested too deep for the parser counts as none)."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
