"""Brings pages that have just come (back) up to date. After a restart thousands come together, and share the work."""

import logging
from collections.abc import Callable
from typing import NamedTuple

import gevent
from sqlalchemy.exc import SQLAlchemyError

from realtime.fragments import frame
from realtime.hub import YIELD_SECONDS, Hub, Listener
from realtime.turns import connecting

log = logging.getLogger(__name__)

FAILED = 1011
# While frames are made for them, nobody else is served.
AT_ONCE = 25
# More come during a storm, and cost less together.
GATHER_SECONDS = 0.1


class Shown(NamedTuple):
    """What a page shows of a chat: the entries up to `after`, as `audience` reads them."""

    chat_id: int
    audience: str
    after: int


class Newcomer(NamedTuple):
    """A page that has come: its connection, what it listens to, and what it shows if that is a chat."""

    connection: Listener
    topics: list[str]
    shown: Shown | None


class Greeter:
    """Sends newcomers the last number of each of their topics, or at once what they miss of the chat they show.

    `numbers(topics)` knows the numbers, and `missing(shown)` makes the frames that pages miss; where it is too much it
    makes none, and the page asks. Who comes while the database is being asked shares the next question.
    """

    def __init__(self, hub: Hub, numbers: Callable[[list[str]], dict[str, object]],
                 missing: Callable[[list[Shown]], dict[Shown, str]] = lambda shown: {}):
        self._hub = hub
        self._numbers = numbers
        self._missing = missing
        self._newcomers: list[Newcomer] = []
        self._unsure: set[str] = set()
        self._is_asking = False

    def greet(self, connection: Listener, topics: list[str], shown: Shown | None = None) -> None:
        """Greet a connection soon. It listens already: what is committed after the look is pushed to it."""
        self._newcomers.append(Newcomer(connection, topics, shown))
        self._ask_soon()

    def remind(self, topics: list[str]) -> None:
        """Tell everybody on `topics` soon where they stand: what was pushed lately may have passed them by."""
        self._unsure.update(topics)
        self._ask_soon()

    def _ask_soon(self) -> None:
        if not self._is_asking:
            self._is_asking = True
            gevent.spawn(self._ask_for_all)

    def _ask_for_all(self) -> None:
        try:
            while self._newcomers or self._unsure:
                if connecting.waiting:
                    gevent.sleep(GATHER_SECONDS)
                together, self._newcomers = self._newcomers[:AT_ONCE], self._newcomers[AT_ONCE:]
                unsure, self._unsure = self._unsure, set()
                self._ask_for(together, unsure)
                gevent.sleep(YIELD_SECONDS)
        finally:
            self._is_asking = False

    def _ask_for(self, together: list[Newcomer], unsure: set[str]) -> None:
        try:
            last = self._numbers(list(unsure.union(*(newcomer.topics for newcomer in together))))
            self._greet(together, last)
        except SQLAlchemyError:
            # After the handshake there is no status to answer with; the pages will try again.
            for newcomer in together:
                newcomer.connection.close(FAILED)
            last = {}
        for topic in unsure & last.keys():
            self._hub.deliver(topic, frame(heartbeat=last[topic]))
        # These pages fetch anew; of the other topics there is nothing that one could ask for.
        self._hub.catch_up(topic for topic in unsure - last.keys() if topic.startswith(("chat:", "bot:", "waiting:")))

    def _greet(self, together: list[Newcomer], last: dict[str, object]) -> None:
        behind = {shown for _connection, topics, shown in together
                  if shown and any(last[topic] > shown.after for topic in topics if topic in last)}
        missed = self._frames_for(list(behind)) if behind else {}
        for connection, topics, shown in together:
            for topic in filter(last.__contains__, topics):
                connection.put(missed.get(shown) or frame(heartbeat=last[topic]))

    def _frames_for(self, behind: list[Shown]) -> dict[Shown, str]:
        try:
            return self._missing(behind)
        except SQLAlchemyError:
            raise
        except Exception:
            # One entry that cannot be shown is nobody else's trouble: each asks for its own.
            log.exception("what pages miss could not be put together")
            return {}
