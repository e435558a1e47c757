"""Pages that come back go a few at a time, so that writing does not wait behind them.

After a restart every open page comes back within seconds.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from gevent.event import Event

from realtime.pauses import pause

# More would not be faster: one process has one core, and a pool of connections that writing needs too.
AT_ONCE = 2


class NoTurn(Exception):
    """Too many are waiting already, or nobody is let in any more."""


class Turns:
    """Lets `at_once` greenlets in, the others in the order in which they came (gevent's locks keep none).

    Who would be behind `most_waiting` others, or has waited for `most_wait_seconds`, gets NoTurn.
    """

    def __init__(self, at_once: int, most_wait_seconds: float, most_waiting: float = inf):
        self._free = at_once
        self._most_wait_seconds = most_wait_seconds
        self._most_waiting = most_waiting
        self._waiting: deque[Event] = deque()
        self._is_over = False

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
            pause()
            yield
        finally:
            self._pass_on()

    def end(self) -> None:
        """Send away all who wait, and whoever comes."""
        self._is_over = True
        for waiting in self._waiting:
            waiting.set()

    def _take(self) -> None:
        if self._is_over or len(self._waiting) >= self._most_waiting:
            raise NoTurn
        if self._free:
            self._free -= 1
            return
        mine = Event()
        self._waiting.append(mine)
        mine.wait(self._most_wait_seconds)
        # Who was handed a turn has it, even if waiting came to its end in the same moment.
        if not mine.is_set():
            self._waiting.remove(mine)
            raise NoTurn
        if self._is_over:
            raise NoTurn

    def _pass_on(self) -> None:
        if self._waiting and not self._is_over:
            self._waiting.popleft().set()
        else:
            self._free += 1


# Who waits for a socket. Browsers wait as long as it takes, and whoever is sent away only comes again.
connecting = Turns(AT_ONCE, most_wait_seconds=60)
