"""The way to Redis: a bounded queue, and one sender that takes along all that has gathered.

Whoever publishes does not wait: a round trip for each frame would be most of what a message costs.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import gevent
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.pauses import pause

log = logging.getLogger(__name__)

ANSWER_SECONDS = 1
MOST_WAITING = 4096
# Fewer than a socket may be behind.
AT_ONCE = 128


class Parcel(NamedTuple):
    """A text for a channel; `undelivered()` is called instead when Redis does not take it."""

    channel: str
    text: str
    undelivered: Callable[[], None]


class Sender:
    """Takes parcels to Redis in the order in which they were posted; each once, or its `undelivered` is called.

    `on_return()` is called when Redis takes parcels again after it did not.
    """

    def __init__(self, url: str, on_return: Callable[[], None]):
        self._on_return = on_return
        # Redis was restarted: our end of a connection is stale, so what is refused is tried once more; what is not
        # answered in time is not.
        self._redis = redis.Redis.from_url(
            url, protocol=2, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)))
        # One of our own, which connects by itself: half of what a pipeline costs is finding its way.
        self._connection = self._redis.connection_pool.make_connection()
        self._waiting: deque[Parcel] = deque()
        self._is_sending = False
        self._silent_until = 0.0
        self._is_out = False

    def post(self, channel: str, text: str, undelivered: Callable[[], None]) -> None:
        """Have a text published soon. Neither waits nor raises."""
        if len(self._waiting) >= MOST_WAITING:
            self.note_outage("it does not take what is sent")
            undelivered()
            return
        self._waiting.append(Parcel(channel, text, undelivered))
        if not self._is_sending:
            self._is_sending = True
            gevent.spawn(self._send_waiting)

    def answers(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._redis.ping())
        except (redis.RedisError, OSError):
            return False

    def try_again(self) -> None:
        """Redis is known to be back: the next parcel need not wait to find out."""
        self._silent_until = 0.0

    def note_outage(self, error: object) -> None:
        """Say once that Redis is away, until it is back."""
        if not self._is_out:
            log.error("Redis is away, screens fall back to catching up: %s", error)
        self._is_out = True

    def _send_waiting(self) -> None:
        try:
            while self._waiting:
                parcels = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
                if not self._take_along(parcels):
                    self._return(parcels)
        finally:
            self._is_sending = False

    def _take_along(self, parcels: list[Parcel]) -> bool:
        # During an outage one try a second finds out.
        if time.monotonic() < self._silent_until:
            return False
        try:
            self._publish(parcels)
        except (redis.RedisError, OSError) as error:
            self._silent_until = time.monotonic() + ANSWER_SECONDS
            self.note_outage(error)
            return False
        if self._is_out:
            self._is_out = False
            self._on_return()
        return True

    def _return(self, parcels: list[Parcel]) -> None:
        for parcel in parcels:
            parcel.undelivered()
        # What is delivered here fills the queues of sockets: let their writers empty them.
        pause()

    def _publish(self, parcels: list[Parcel]) -> None:
        try:
            self._send(parcels)
        except redis.ConnectionError:
            self._send(parcels)

    def _send(self, parcels: list[Parcel]) -> None:
        connection = self._connection
        commands = [("PUBLISH", parcel.channel, parcel.text) for parcel in parcels]
        try:
            connection.send_packed_command(connection.pack_commands(commands))
            for _ in commands:
                connection.read_response()
        except BaseException:
            # Answers that were not read would be taken for those to what is sent next.
            connection.disconnect()
            raise
