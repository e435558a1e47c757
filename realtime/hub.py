"""Who listens to what in this process. Knows connections and topics; no chats, no HTML."""

import json
import logging
import time
from collections.abc import Callable, Iterable
from math import inf
from typing import Protocol

from realtime.pauses import with_pauses

log = logging.getLogger(__name__)

TOO_SLOW = 1013
# So many connections are written to before others get their turn.
BEATS_AT_ONCE = 100
# Longer than a handshake takes from the look at who asks to the subscription.
CUTS_KEPT_SECONDS = 60


class Listener(Protocol):
    """What the hub needs of a connection; none of it blocks or raises."""

    close_code: int | None
    waiting: int

    def put(self, frame: str) -> None: ...
    def ping(self) -> None: ...
    def close(self, code: int, reason: str = "") -> None: ...
    def abort(self) -> None: ...


def ignore(topics: list[str]) -> None:
    """The default for `on_first` and `on_last`: nobody upstream needs to know."""


class Hub:
    """Topic → connections.

    `on_first(topics)` is called with topics that got their first listener here, `on_last(topics)` with those
    that lost their last. `opened`, `closed`, `dropped_slow` (closed with 1013) count connections,
    `frames` counts frames put into queues.
    """

    def __init__(self):
        self.on_first: Callable[[list[str]], None] = ignore
        self.on_last: Callable[[list[str]], None] = ignore
        self.opened = self.closed = self.dropped_slow = self.frames = 0
        self._listeners: dict[str, set[Listener]] = {}
        self._topics: dict[Listener, set[str]] = {}
        self._closing_code: int | None = None
        self._watched: set[str] = set()
        self._moved: set[str] = set()
        # By topic: when it was disconnected (time.monotonic) and the code; the latest last.
        self._cuts: dict[str, tuple[float, int]] = {}

    def subscribe(self, connection: Listener, topics: Iterable[str], approved_at: float = inf) -> None:
        """Add a connection to topics (more than once is fine). After `close_all` it is closed at once.

        So it is when one of its topics was disconnected after `approved_at` (time.monotonic), the moment at which
        it was looked up whether it may listen: those who may no longer were let go meanwhile.
        """
        code = self._closing_code or self._cut_since(approved_at, topics)
        if code is not None:
            connection.close(code)
            return
        if connection not in self._topics:
            self._topics[connection] = set()
            self.opened += 1
        new = [topic for topic in topics if self._add(connection, topic)]
        if new:
            self.on_first(new)

    def unsubscribe(self, connection: Listener) -> None:
        """Forget a connection; one that is not known is ignored."""
        topics = self._topics.pop(connection, None)
        if topics is None:
            return
        self.closed += 1
        self.dropped_slow += connection.close_code == TOO_SLOW
        empty = [topic for topic in topics if self._remove(connection, topic)]
        if empty:
            self.on_last(empty)

    def deliver(self, topic: str, frame: str) -> None:
        """Queue a frame for every connection on the topic."""
        if topic in self._watched:
            self._moved.add(topic)
        self._put(frame, tuple(self._listeners.get(topic, ())))

    def watch(self, topics: Iterable[str]) -> set[str]:
        """Those of the topics on which something is delivered from now on: a set that fills, until the next call."""
        self._watched, self._moved = set(topics), set()
        return self._moved

    def catch_up(self, topics: Iterable[str]) -> None:
        """Tell every connection on any of the topics, once, that it may have missed something."""
        connections = {connection for topic in topics for connection in self._listeners.get(topic, ())}
        self._put(json.dumps({"catch_up": True}), connections)

    def disconnect(self, topic: str, code: int) -> None:
        """Close every connection on the topic, and those that were approved before and are still to come."""
        self._note_cut(topic, code)
        for connection in tuple(self._listeners.get(topic, ())):
            connection.close(code)

    def close_all(self, code: int, seconds: float = 0.8) -> None:
        """Close every connection, now and from now on. Waits until they have left, then cuts off the rest."""
        self._closing_code = code
        for connection in tuple(self._topics):
            connection.close(code)
        deadline = time.monotonic() + seconds
        while self._topics and time.monotonic() < deadline:
            time.sleep(0.02)
        for connection in tuple(self._topics):
            connection.abort()

    @property
    def open(self) -> int:
        """How many connections there are."""
        return len(self._topics)

    def queue_lengths(self) -> list[int]:
        """How many frames wait for each connection."""
        return [connection.waiting for connection in self._topics]

    def has_listeners(self, topic: str) -> bool:
        """Whether anybody in this process listens to the topic."""
        return topic in self._listeners

    def topics(self) -> list[str]:
        """The topics with at least one listener in this process."""
        return list(self._listeners)

    def heartbeat(self, seconds: float, numbers: Callable[[list[str]], dict[str, object]]) -> None:
        """Beat every `seconds`, for ever: run it in a greenlet of its own.

        `numbers(topics)` answers with the last number of each topic that has one: a page that shows less
        catches up.
        """
        while True:
            time.sleep(seconds)
            try:
                self.beat(numbers)
            except Exception:
                log.exception("a heartbeat failed")

    def beat(self, numbers: Callable[[list[str]], dict[str, object]]) -> None:
        """One heartbeat: ping everybody, then tell every topic its last number."""
        for connection in with_pauses(tuple(self._topics), BEATS_AT_ONCE):
            connection.ping()
        for topic, number in with_pauses(numbers(self.topics()).items(), BEATS_AT_ONCE):
            self.deliver(topic, json.dumps({"heartbeat": number}))

    def _note_cut(self, topic: str, code: int) -> None:
        now = time.monotonic()
        self._cuts.pop(topic, None)
        self._cuts[topic] = (now, code)
        while next(iter(self._cuts.values()))[0] < now - CUTS_KEPT_SECONDS:
            del self._cuts[next(iter(self._cuts))]

    def _cut_since(self, moment: float, topics: Iterable[str]) -> int | None:
        cuts = (self._cuts[topic] for topic in topics if topic in self._cuts)
        return next((code for at, code in cuts if at >= moment), None)

    def _put(self, frame: str, connections: Iterable[Listener]) -> None:
        for connection in connections:
            connection.put(frame)
            self.frames += 1

    def _add(self, connection: Listener, topic: str) -> bool:
        is_first = topic not in self._listeners
        self._listeners.setdefault(topic, set()).add(connection)
        self._topics[connection].add(topic)
        return is_first

    def _remove(self, connection: Listener, topic: str) -> bool:
        listeners = self._listeners[topic]
        listeners.discard(connection)
        if not listeners:
            del self._listeners[topic]
        return not listeners
