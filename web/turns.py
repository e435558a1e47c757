"""Pages that come back go a few at a time, so that writing does not wait behind them.

After a restart every open page comes back within seconds, and asks what it missed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from math import inf

import gevent
from flask import make_response
from gevent.event import Event

from realtime.connection import YIELD_SECONDS

# More would not be faster: one process has one core, and a pool of connections that writing needs too.
AT_ONCE = 2


class NoTurn(Exception):
    """Too many are waiting already."""


class Turns:
    """Lets `at_once` greenlets in, the others in the order in which they came (gevent's locks keep none).

    Who would be behind `most_waiting` others, or has waited for `most_wait_seconds`, gets NoTurn.
    """

    def __init__(self, at_once: int, most_wait_seconds: float, most_waiting: float = inf):
        self._free = at_once
        self._most_wait_seconds = most_wait_seconds
        self._most_waiting = most_waiting
        self._waiting: deque[Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

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
        if len(self._waiting) >= self._most_waiting:
            raise NoTurn
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


# Browsers wait for a socket as long as it takes, and whoever is sent away only comes again.
_connecting = Turns(AT_ONCE, most_wait_seconds=60)
# Pages give up after 15 s; what they no longer wait for is not worth doing. They ask again by themselves.
_catching_up = Turns(AT_ONCE, most_wait_seconds=10, most_waiting=100)

# When so many wait for sockets, those whose turn has not come ask less often for what they miss meanwhile.
MANY = 50

to_connect = _connecting.one


def busy_seconds() -> int:
    """In how many seconds a page had better ask again; 0 when it need not wait."""
    return min(30, 5 + _connecting.waiting // 100) if _connecting.waiting > MANY else 0


def in_turn(work: Callable) -> Callable:
    """A view that answers what a page misses, when its turn comes."""

    @wraps(work)
    def waits(*args, **kwargs):
        with _catching_up.one():
            answer = make_response(work(*args, **kwargs))
        if busy_seconds():
            answer.headers["Retry-After"] = busy_seconds()
        return answer

    return waits
