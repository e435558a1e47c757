"""Brings pages that have just come (back) up to date. After a restart thousands come together, and share the work."""

import logging
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import gevent
from sqlalchemy.exc import SQLAlchemyError

from realtime.fragments import frame
from realtime.hub import Hub, Listener
from realtime.pauses import pause
from realtime.turns import connecting

log = logging.getLogger(__name__)

FAILED = 1011
# Most questions cost the same for few and for many. While the answers are put into queues, nobody else is served.
AT_ONCE = 250
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


class News(NamedTuple):
    """What there is to tell: the last number by topic, the frames that pages miss, and by topic what has no number."""

    last: dict[str, object]
    missed: dict[Shown, str]
    standing: dict[str, str]


class Greeter:
    """Sends newcomers the last number of each of their topics, or at once what they miss of the chat they show; and
    what has no number, for they cannot tell whether they miss it.

    `numbers(topics)` knows the numbers. `missing(shown)` makes the frames that pages miss; where it is too much, it
    makes none, and the page asks. `standing(topics)` makes, by topic, the frames of what has no number. Who comes while
    the database is being asked shares the next question.
    """

    def __init__(self, hub: Hub, numbers: Callable[[list[str]], dict[str, object]],
                 missing: Callable[[list[Shown]], dict[Shown, str]] = lambda shown: {},
                 standing: Callable[[list[str]], dict[str, str]] = lambda topics: {}):
        self._hub = hub
        self._numbers = numbers
        self._missing = missing
        self._standing = standing
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
                unsure = set(islice(self._unsure, AT_ONCE))
                self._unsure -= unsure
                self._ask_for(together, unsure)
                pause()
        finally:
            self._is_asking = False

    def _ask_for(self, together: list[Newcomer], unsure: set[str]) -> None:
        topics = list(unsure.union(*(newcomer.topics for newcomer in together)))
        pushed = self._hub.watch(topics)
        try:
            news = self._look_up(together, topics)
        except SQLAlchemyError:
            # After the handshake there is no status to answer with; the pages will try again.
            for newcomer in together:
                newcomer.connection.close(FAILED)
            together, news = [], News({}, {}, {})
        # What was pushed meanwhile may be newer than what was looked up.
        self._unsure |= pushed & news.standing.keys()
        for newcomer in together:
            _greet(newcomer, news, unsure)
        for topic in unsure:
            self._tell(topic, news)
        # These pages fetch anew; of the other topics there is nothing that one could ask for.
        self._hub.catch_up(topic for topic in unsure - news.last.keys()
                           if topic.startswith(("chat:", "bot:", "waiting:")))

    def _look_up(self, together: list[Newcomer], topics: list[str]) -> News:
        last = self._numbers(topics)
        behind = {shown for _connection, its, shown in together
                  if shown and any(last[topic] > shown.after for topic in its if topic in last)}
        return News(last, _made(self._missing, list(behind)), _made(self._standing, topics))

    def _tell(self, topic: str, news: News) -> None:
        if topic in news.last:
            self._hub.deliver(topic, frame(heartbeat=news.last[topic]))
        if topic in news.standing:
            self._hub.deliver(topic, news.standing[topic])


def _greet(newcomer: Newcomer, news: News, told: set[str]) -> None:
    """`told` are topics of which all their listeners, this one too, are told right after."""
    connection, topics, shown = newcomer
    for topic in topics:
        if topic in news.last:
            connection.put(news.missed.get(shown) or frame(heartbeat=news.last[topic]))
        if topic in news.standing and topic not in told:
            connection.put(news.standing[topic])


def _made(make: Callable[[list], dict], wanted: list) -> dict:
    try:
        return make(wanted) if wanted else {}
    except SQLAlchemyError:
        raise
    except Exception:
        # One chat that cannot be shown is nobody else's trouble: each page asks for its own.
        log.exception("what newcomers are told could not be put together")
        return {}
