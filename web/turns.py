"""Work that can wait goes a few at a time, so that writing does not wait behind it.

After a restart every open page comes back within seconds and asks what it missed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

import gevent
from gevent.event import Event

from realtime.connection import YIELD_SECONDS

# More would not be faster: one process has one core, and a pool of connections that writing needs too.
AT_ONCE = 4
# Pages give up after 15 s; what they no longer wait for is not worth doing.
MOST_WAIT_SECONDS = 10


class NoTurn(Exception):
    """Too many are waiting already."""


class Turns:
    """Lets `at_once` greenlets in, the others in the order in which they came (gevent's locks keep none)."""

    def __init__(self, at_once: int, most_wait_seconds: float):
        self._free = at_once
        self._most_wait_seconds = most_wait_seconds
        self._waiting: deque[Event] = deque()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a turn; raises NoTurn when there is none in time."""
        self._take()
        try:
            # SQLite never yields: without this pause, all who wait would be served before anybody writes.
            gevent.sleep(YIELD_SECONDS)
            yield
        finally:
            self._pass_on()

    def _take(self) -> None:
        if self._free:
            self._free -= 1
            return
        mine = Event()
        self._waiting.append(mine)
        mine.wait(self._most_wait_seconds)
        if not mine.is_set():
            self._waiting.remove(mine)
            raise NoTurn

    def _pass_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._free += 1


_turns = Turns(AT_ONCE, MOST_WAIT_SECONDS)
turn = _turns.one


def in_turn(work: Callable) -> Callable:
    """A function that waits for its turn."""

    @wraps(work)
    def waits(*args, **kwargs):
        with turn():
            return work(*args, **kwargs)

    return waits
